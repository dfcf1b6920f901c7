# Writes out functions that exist once per number of plain columns.
#
# The lines between "-- @each-arity" and "-- @end" are emitted for N = 1 .. 8 with
#   @PARAMS@  replaced by  f1 float8, f2 float8, ... fN float8
#   @TYPES@   replaced by  float8, float8, ...  (N times)
#   @N@       replaced by  N
# All other lines pass through. An unbalanced marker is an error naming file and line.

function fail(file, line, what) {
  printf "%s:%d: %s\n", file, line, what | "cat 1>&2"
  failed = 1
  exit 1
}

FNR == 1 && open { fail(file, open, "\"-- @each-arity\" without \"-- @end\"") }

/^[ \t]*-- @each-arity[ \t]*$/ {
  if (open)
    fail(FILENAME, FNR, "\"-- @each-arity\" inside the block opened in line " open)
  open = FNR
  file = FILENAME
  block = ""
  next
}

/^[ \t]*-- @end[ \t]*$/ {
  if (!open)
    fail(FILENAME, FNR, "\"-- @end\" without \"-- @each-arity\"")
  params = types = ""
  for (n = 1; n <= 8; n++) {
    params = params (n > 1 ? ", " : "") "f" n " float8"
    types = types (n > 1 ? ", " : "") "float8"
    text = block
    gsub(/@PARAMS@/, params, text)
    gsub(/@TYPES@/, types, text)
    gsub(/@N@/, n, text)
    printf "%s", text
  }
  open = 0
  next
}

open { block = block $0 "\n"; next }

# A placeholder outside a block would reach the server as it stands.
/@(PARAMS|TYPES|N)@/ { fail(FILENAME, FNR, "placeholder outside \"-- @each-arity\"") }

{ print }

END { if (open && !failed) fail(file, open, "\"-- @each-arity\" without \"-- @end\"") }
