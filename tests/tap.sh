# Counts tests; tests/run and tests/bi/run read this file.

# stage NAME COMMAND...: the two lines around it are what count() goes by
stage() {
  local name=$1 status=0
  shift
  echo "### $name"
  "$@" || status=$?
  echo "### end of $name, status $status"
}

# Reads the output of all stages, whose tests report as TAP (unit tests, prove, pg_regress since 16) or in pg_regress's older
# way. A program that stops short of its plan, or a stage that fails without a failed test, counts as one failure.
count() {
  awk '
    function finish_plan() { if (plan != "" && plan != seen) failed++; plan = ""; seen = 0 }
    /^### end of / { finish_plan(); if ($NF != 0 && failed == before) failed++; next }
    /^### / { before = failed; next }
    /^# tests\/unit\/build\/[^ ]*$/ || /^tests\/t\/.* \.\.+ *$/ { finish_plan(); next }
    /^1\.\.[0-9]+/ { plan = substr($1, 4) + 0; next }
    /^(not )?ok [0-9]+/ { seen++ }
    /^(not )?ok [0-9]+.*# *(SKIP|skip|TODO|todo)/ { next }
    /^ok [0-9]+/ { passed++ }
    /^not ok [0-9]+/ { failed++ }
    /^(test|    ).* \.\.\. ok / { passed++ }
    /^(test|    ).* \.\.\. FAILED/ { failed++ }
    END { printf "%d passed, %d failed\n", passed, failed; exit !passed || failed }
  '
}
