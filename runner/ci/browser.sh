#!/bin/sh
# report.html in a browser: the reference by another profile than the suites ask for gives a run of thousands of combinations with
# failures of every level; headless Chromium then walks through its page (reports/html/browser.py) and leaves screenshots.
# Usage: browser.sh BUILD
build=$1
command -v chromium >/dev/null || { echo "browser: skipped: chromium is not here"; exit 0; }
command -v chromedriver >/dev/null || { echo "browser: skipped: chromedriver is not here (Debian: chromium-driver)"; exit 0; }
"$build/espy" run -q -t reference:kame --seed 1 -o "$build/run-browser" >"$build/run-browser.txt" 2>&1
status=$?
if [ "$status" -ne 1 ]; then
	echo "browser: a run with failures: want status 1, got $status: $(tail -n 3 "$build/run-browser.txt")" >&2
	exit 1
fi
if command -v xmllint >/dev/null; then
	xmllint --noout "$build/run-browser/report.html" || { echo "browser: report.html is not well-formed" >&2; exit 1; }
fi
/usr/bin/python3 reports/html/browser.py "$build/run-browser/report.html" "$build/shots"
status=$?
[ "$status" -ne 77 ] || { echo "browser: skipped, see above"; exit 0; }
exit "$status"
