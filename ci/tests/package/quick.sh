#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The package's life in a Debian root with a kernel, its headers and DKMS:
# install, install again, remove, purge; and a module that cannot be built.
# TAP on standard output. Needs root.
#
#   ci/tests/package/quick.sh [SUITE...]         (default: bookworm)
set -euo pipefail

# shellcheck source=ci/tests/package/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
package_test "$0" "$@"

run_suite()
{
	local suite=$1 dir

	package_root "$suite"
	mkdir -p "$dir/root/debs"/{broken,standin}
	cp "$(variant deb "$ours" whole)" "$dir/root/debs"
	cp "$(variant deb "$ours" broken)" "$dir/root/debs/broken"
	cp "$(variant deb "$ours" standin)" "$dir/root/debs/standin"
	mkdir "$dir/root/debs/tree"
	cp -R "$top"/{Makefile,dkms.conf,src} "$dir/root/debs/tree"
	cp "$top"/ci/tests/package/{inside,look}.sh "$dir/root/debs"
	sys=$dir/root
	in_root bash /debs/inside.sh "$suite" "$ours" "$number"
}

for suite in "${@:-bookworm}"; do
	# Not as a condition: that would switch off "set -e" within.
	set +e
	(set -e; run_suite "$suite") >"$work/tap"
	rc=$?
	set -e
	cat "$work/tap"
	if [[ $rc != 0 ]]; then
		failed=1
		# Without points of its own it did not get as far as the tests.
		grep -q '^not ok' "$work/tap" || {
			echo "Bail out! the tests of $suite did not come to their end"
			exit 1
		}
	fi
	number=$((number + $(grep -c -E '^(not )?ok ' "$work/tap")))
done
echo "1..$number"
exit "$failed"
