#!/bin/sh
# What `espy list` and `espy doctor` say to machines, held against its schemas, and that these can say no. Usage: answers.sh ESPY
espy=$1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
passed=0 failed=0
python=
for p in /usr/bin/python3 python3; do
	[ -z "$python" ] && command -v $p >/dev/null && $p -c 'import jsonschema' 2>/dev/null && python=$p
done
if [ -z "$python" ]; then
	echo "answers: python3-jsonschema is not here: skipped"
	exit 0
fi
# holds SCHEMA FILE: whether it does
holds() {
	"$python" -c '
import json, sys, jsonschema
schema, document = (json.load(open(f, encoding="utf-8")) for f in sys.argv[1:])
jsonschema.Draft7Validator.check_schema(schema)
errors = list(jsonschema.Draft7Validator(schema).iter_errors(document))
for e in errors[:5]:
    print("/".join(map(str, e.absolute_path)), e.message[:200])
sys.exit(bool(errors))' "reports/schema/$1.json" "$2"
}
# claim STATUS NAME
claim() {
	if [ "$1" -eq 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "$2"
	fi
}
"$espy" list --json >"$dir/list.json"
holds list "$dir/list.json"
claim $? 'all cases'
"$espy" list --json esp.replay --params family=ipv4 --level must >"$dir/some.json"
holds list "$dir/some.json"
claim $? 'some cases'
"$espy" doctor --json >"$dir/doctor.json"
holds doctor "$dir/doctor.json"
claim $? 'this machine'
"$espy" doctor --json -t reference:solaris/solaris >"$dir/target.json"
holds doctor "$dir/target.json"
claim $? 'a target'
"$espy" doctor --json -t 'exec:exit 1' >"$dir/gone.json"
holds doctor "$dir/gone.json"
claim $? 'a target that does not come up'
sed 's/"MUST"/"OUGHT"/' "$dir/some.json" >"$dir/no.json"
! holds list "$dir/no.json" >/dev/null
claim $? 'a level nobody knows was taken for good'
sed 's/"ok"/"fine"/' "$dir/target.json" >"$dir/no.json"
! holds doctor "$dir/no.json" >/dev/null
claim $? 'a status nobody knows was taken for good'
echo "answers: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
