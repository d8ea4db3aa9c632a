#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Style and consistency of every file, and the module built with all warnings
# on. TAP on standard output; nothing in the tree is written. What was found
# clean before is known by its contents in $WGR_CACHE/lint, for the checkers and
# builds that take longest. With WGR_QUICK neither clang nor the package is tried.
#
#   ci/lint.sh [SUITE]      SUITE names the kernel to build for (default: bookworm)
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top"
# shellcheck source=ci/lib/cache.sh
. ci/lib/cache.sh
# shellcheck source=ci/lib/arch.sh
. ci/lib/arch.sh
# shellcheck source=ci/lib/sources.sh
. ci/lib/sources.sh

suite=${1:-bookworm}
number=0
failed=0

# files [PATTERN]: the tree's files that fit, without what is built.
files()
{
	local f

	if git rev-parse --git-dir >/dev/null 2>&1; then
		git ls-files -co --exclude-standard
	else
		find . -path ./dist -prune -o -type f -printf '%P\n'
	fi | LC_ALL=C sort | while read -r f; do
		# Unquoted on purpose: a pattern.
		# shellcheck disable=SC2053
		if [[ -f $f && $f == ${1:-*} ]]; then
			echo "$f"
		fi
	done
}

shell_files()
{
	local f

	files | while read -r f; do
		if [[ $f == *.sh ]] || head -n 1 "$f" | grep -q -a -E '^#!.*\b(ba)?sh\b'; then
			echo "$f"
		fi
	done
}

# quiet DESCRIPTION COMMAND...: a test point that holds when the command
# succeeds and says nothing.
quiet()
{
	local what=$1 said rc=0
	shift

	number=$((number + 1))
	: >"$work/notes"
	said=$("$@" 2>&1) || rc=$?
	if [[ $rc == 0 && -z $said ]]; then
		echo "ok $number - $what"
		xargs -r -d '\n' touch <"$work/notes"
		return
	fi
	echo "not ok $number - $what"
	head -n 200 <<<"$said (exit status $rc)" | sed 's/^/# /'
	failed=1
}

# noted CHECKER FILE...: whether CHECKER has found these files clean before. That is
# a file named by all that it depends on, which "quiet" makes if its point holds.
noted()
{
	local note

	note=$notes/$({ printf '%s\n' "$@" && cat ci/lint.sh "${@:2}"; } | wgr_hash)
	echo "$note" >>"$work/notes"
	[[ -e $note ]]
}

# Files that have no comments, or are text for people, and the text of licences.
no_licence='^(COPYING|(.*/)?(README|[.]gitignore)|debian/(changelog|control|copyright|source/format|po/POTFILES[.]in|.*[.]dkms|.*[.]lintian-overrides)|.*[.](md|svg|png|jpg|json|1))$'

licence()
{
	local f rc=0

	while read -r f; do
		# Compressed text has its own first lines.
		head -n 3 < <(gzip -dcf "$f") | grep -q 'SPDX-License-Identifier: GPL-2.0' || {
			echo "$f: no licence in the first three lines"
			rc=1
		}
	done < <(files | grep -v -E "$no_licence")
	return "$rc"
}

versions()
{
	local want rc=0

	want=$(sed -n 's/^#define WGR_VERSION "\(.*\)"$/\1/p' src/version.h)
	same()
	{
		[[ $2 == "$want" ]] || { echo "$1 says \"$2\", src/version.h \"$want\""; rc=1; }
	}
	same dkms.conf "$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' dkms.conf)"
	same debian/changelog "$(sed -n '1s/^wireguard-reorder (\(.*\)).*/\1/p' debian/changelog)"
	if [[ -f rpm/wireguard-reorder.spec ]]; then
		same rpm/wireguard-reorder.spec \
			"$(sed -n 's/^Version: *//p' rpm/wireguard-reorder.spec)"
	fi
	# What DKMS takes for an upgrade of the kernel's own module.
	if [[ $(printf '%s\n' 1.0.0 "$want" | sort -V | tail -n 1) != "$want" || $want == 1.0.0 ]]; then
		echo "version \"$want\" is not above 1.0.0"
		rc=1
	fi
	return "$rc"
}

shell()
{
	local list

	mapfile -t list < <(shell_files)
	noted "$(shellcheck --version)" "${list[@]}" || shellcheck "${list[@]}"
}

python()
{
	local list

	mapfile -t list < <(files '*.py')
	python3 -c '
import ast, sys
for name in sys.argv[1:]:
    with open(name, encoding="utf-8") as f:
        ast.parse(f.read(), name)
' "${list[@]}"
}

spelling()
{
	local list

	mapfile -t list < <(files | grep -v -E '^COPYING$|^debian/po/|[.](svg|png|jpg)$')
	# Names: of a variable, of a word of ip-rule, of a macro of manual pages.
	codespell --quiet-level 2 --ignore-words-list datas,ect,iif,nd "${list[@]}"
}

# Of all that is compiled into the module, and the command. Probes are not: each
# is the shortest text that uses one function. Nor is the header that gives the
# command the words that checkpatch wants to see used.
checkpatch()
{
	local f new=()

	while read -r f; do
		noted "$checker" "$f" || new+=("$top/$f")
	done < <(files 'src/*.[ch]' | grep -v -e '^src/compat/probe/' -e '^src/cli/util.h$')
	[[ ${#new[@]} -gt 0 ]] || return 0
	# It leaves a file in the current folder.
	cd "$work" && "$checker" --no-tree --no-summary --terse --show-types --max-line-length=100 \
		--ignore FILE_PATH_CHANGES -f "${new[@]}"
}

kernel_doc()
{
	local list

	mapfile -t list < <(files 'src/*.[ch]')
	"${checker%/*}/kernel-doc" -none "${list[@]}"
}

# build WORDS...: build a copy of the module and print what the compiler or a
# checker says of it; what it says of the kernel's headers is not ours.
build()
{
	local rc=0

	rm -rf "$work/tree"
	mkdir "$work/tree"
	cp -R Makefile src "$work/tree"
	make -s -C "$work/tree" clean
	make -s -C "$work/tree" module "KDIR=$kdir" -j2 "$@" >"$work/log" 2>&1 || rc=$?
	grep -i -E 'warning|error|[*][*][*]' "$work/log" |
		grep -v -E '^([.]/|[^ ]*linux-headers-[^ ]*/include/)|the compiler differs|pahole version' || true
	[[ $rc == 0 ]] || tail -n 20 "$work/log"
	return "$rc"
}

# build_for ARCH WORDS...: the same for an architecture, unless it has been found
# clean before. One of 32 bits has no long for nanoseconds and no u64 / u32; one of the
# other byte order shows where that is not thought of; either has names of its own.
build_for()
{
	local arch=$1 kdir cross list
	shift

	mapfile -t cross < <(wgr_cross "$arch")
	kdir=$(ci/vm/kernels.sh headers "$suite" generic "$arch")
	mapfile -t list < <(files Makefile && files 'src/*' | grep -v '^src/cli/')
	noted "$kdir $*
$(gcc --version; sparse --version)" "${list[@]}" || build "${cross[@]}" "$@"
}

# command_line COMPILER: build a copy of the command and print what is said of it, unless
# that has been nothing before.
command_line()
{
	local list

	mapfile -t list < <(files Makefile && files 'src/*')
	! noted "$($1 --version)" "${list[@]}" || return 0
	rm -rf "$work/tree"
	mkdir "$work/tree"
	cp -R Makefile src "$work/tree"
	make -s -C "$work/tree" clean
	make -s -C "$work/tree" cli CC="$1" CFLAGS='-O2 -Wshadow -Wundef -Wstrict-prototypes -Wmissing-prototypes'
}

# command_line_32: compile the command for 32 bits, which the libraries are not there for.
# Headers that differ between architectures are this one's, as far as they serve both.
command_line_32()
{
	local list

	mapfile -t list < <(files 'src/*')
	! noted "$(gcc --version) -m32" "${list[@]}" || return 0
	rm -rf "$work/tree"
	mkdir "$work/tree"
	cp -R src "$work/tree"
	find "$work/tree/src/cli" -name '*.o' -delete
	(cd "$work/tree/src/cli" && printf '%s\n' *.c | sed 's/c$/o/' | xargs make -s \
		CC="gcc -m32 -idirafter /usr/include/$(gcc -print-multiarch)" CFLAGS=-O2)
}

# Each translation has all of the texts as they are.
translated()
{
	local f

	rm -rf "$work/po"
	cp -R debian "$work/po"
	debconf-updatepo --podir="$work/po/po" || return
	for f in "$work"/po/po/*.po; do
		msgfmt --check --statistics -o /dev/null "$f" 2>&1 | grep -E 'fuzzy|untranslated|error' || :
	done
}

deb()
{
	rm -rf "$work/tree"
	mkdir "$work/tree"
	wgr_sources . "$work/tree"
	make -s -C "$work/tree" clean
	# The source too; "debian" there is younger than this lintian.
	make -s -C "$work/tree" deb >/dev/null && rm -rf "$work/source" && mkdir "$work/source" &&
		cp -R "$work/tree" "$work/source/tree" && rm -r "$work/source/tree/dist" &&
		(cd "$work/source/tree" && dpkg-buildpackage -S -us -uc -d >"$work/source.log" 2>&1 || cat "$work/source.log") &&
		lintian --pedantic --display-info --allow-root --suppress-tags newer-standards-version \
			--fail-on error,warning,info,pedantic "$work"/tree/dist/*.deb "$work"/source/*.dsc
}

ci/setup.sh build lint cli package >&2
# Before any test point, so that a network failure is told from a finding.
checker=$(ci/vm/kernels.sh checkpatch "$suite")
kdir=$(ci/vm/kernels.sh headers "$suite")
if [[ -z ${WGR_QUICK:-} ]]; then
	for arch in i386 s390x; do
		ci/vm/kernels.sh headers "$suite" generic "$arch" >/dev/null
	done
fi
notes=$WGR_CACHE/lint
mkdir -p "$notes"
find "$notes" -type f -mtime "+$WGR_CACHE_DAYS" -delete
work=$(mktemp -d "$WGR_CACHE/.run-lint.XXXXXX")
trap 'rm -rf "$work"' EXIT

quiet "every file names its licence" licence
quiet "one version everywhere" versions
quiet "shellcheck" shell
quiet "python files parse" python
quiet "codespell" spelling
quiet "layers" ci/lib/layers.py
quiet "translations" translated
quiet "checkpatch" checkpatch
quiet "kernel-doc" kernel_doc
quiet "gcc and sparse, W=1" build_for amd64 W=1 C=2
quiet "the command, gcc" command_line gcc
quiet "the command, 32 bits" command_line_32
if [[ -z ${WGR_QUICK:-} ]]; then
	quiet "clang, W=1" build W=1 LLVM=1
	# What gcc does in line by default it calls a function for, as others always do.
	quiet "i386, W=1, for size" build_for i386 W=1 KCFLAGS=-Os
	quiet "s390x, W=1" build_for s390x W=1
	quiet "the command, clang" command_line clang
	quiet "lintian" deb
fi
echo "1..$number"
exit "$failed"
