# Writes out what exists once per number of plain columns, or once per type.
#
# The lines between "-- @each-arity" and "-- @end" are emitted for N = 1 .. 8 with
#   @PARAMS@  replaced by  f1 float8, f2 float8, ... fN float8
#   @TYPES@   replaced by  float8, float8, ...  (N times)
#   @N@       replaced by  N
# and those between "-- @each-type A B ..." and "-- @end" for every name in the list with
#   @TYPE@    replaced by  the name
# All other lines pass through. An unbalanced marker is an error naming file and line.

function fail(file, line, what) {
  printf "%s:%d: %s\n", file, line, what | "cat 1>&2"
  failed = 1
  exit 1
}

function emit_arities(   n, params, types, text) {
  for (n = 1; n <= 8; n++) {
    params = params (n > 1 ? ", " : "") "f" n " float8"
    types = types (n > 1 ? ", " : "") "float8"
    text = block
    gsub(/@PARAMS@/, params, text)
    gsub(/@TYPES@/, types, text)
    gsub(/@N@/, n, text)
    printf "%s", text
  }
}

function emit_types(   n, i, name, text) {
  n = split(names, name, /[ \t]+/)
  for (i = 1; i <= n; i++) {
    text = block
    gsub(/@TYPE@/, name[i], text)
    printf "%s", text
  }
}

FNR == 1 && open { fail(file, open, "a block without \"-- @end\"") }

/^[ \t]*-- @each-arity[ \t]*$/ || /^[ \t]*-- @each-type( +[a-z_]+)+[ \t]*$/ {
  if (open)
    fail(FILENAME, FNR, "a block inside the block opened in line " open)
  open = FNR
  file = FILENAME
  block = names = ""
  if (/@each-type/) {
    names = $0
    sub(/^[ \t]*-- @each-type +/, "", names)
    sub(/[ \t]+$/, "", names)
  }
  next
}

/^[ \t]*-- @end[ \t]*$/ {
  if (!open)
    fail(FILENAME, FNR, "\"-- @end\" without a block")
  if (names == "")
    emit_arities()
  else
    emit_types()
  open = 0
  next
}

open { block = block $0 "\n"; next }

# A placeholder outside a block would reach the server as it stands.
/@(PARAMS|TYPES|N|TYPE)@/ { fail(FILENAME, FNR, "placeholder outside a block") }
/-- @each-/ { fail(FILENAME, FNR, "unknown block") }

{ print }

END { if (open && !failed) fail(file, open, "a block without \"-- @end\"") }
