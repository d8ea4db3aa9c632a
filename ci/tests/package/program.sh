#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The program that the packages' scripts call, in made-up systems: folders that
# pose as a root, and stand-ins for dkms, modinfo and what loads modules. A
# module is a text file here that says what modinfo would say. TAP on standard
# output; needs no rights.
#
# Conditions are pieces of shell in single quotes, and stand-ins are scripts.
# shellcheck disable=SC2016,SC2034
set -uo pipefail

# With mounts of its own, for file systems of limited size.
if [[ -z ${WGR_UNSHARED:-} ]]; then
	unshare=(unshare --mount --propagation private)
	[[ $(id -u) == 0 ]] || unshare+=(--map-root-user)
	if "${unshare[@]}" true 2>/dev/null; then
		exec "${unshare[@]}" env WGR_UNSHARED=mount "$BASH" "$0" "$@"
	fi
fi

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0
failed=0
kernel=9.9.0-1-amd64
version=$(sed -n 's/.*WGR_VERSION "\(.*\)"/\1/p' "$top/src/version.h")
sed "s/@VERSION@/$version/" "$top/src/dist/wireguard-reorder-package" >"$work/program"
chmod +x "$work/program"

# The program finds these and nothing else.
mkdir "$work/tools" "$work/standins"
for tool in sh bash awk basename cat chmod cp cut env find grep head ln ls mkdir mv od printf \
		gzip readlink rm rmdir sed sha256sum sort stat sync tail touch tr xz zstd; do
	ln -s "$(type -P "$tool")" "$work/tools/$tool"
done

standin()
{
	{
		printf '#!%s\n%s\n' "$BASH" 'echo "${0##*/} $*" >>"$WGR_ROOT/calls"; r=$WGR_ROOT'
		cat
	} >"$work/standins/$1"
	chmod +x "$work/standins/$1"
}

standin uname <<'END'
echo "${FAKE_RUNNING:-9.9.0-1-amd64}"
END

# Where depmod looks first: DKMS's folders, as our override has it.
standin depmod <<'END'
[[ $1 != -b ]] || shift 2
[[ ! -e $r/lists-nothing ]] || { rm "$r/lists-nothing"; : >"$r/lib/modules/$1/named"; exit 1; }
order='updates/dkms updates extra weak-updates kernel'
[[ ! -e $r/etc/depmod.d/wireguard-reorder.held-$1.conf ]] || order="kernel $order"
for d in $order; do
	f=$(find "$r/lib/modules/$1/$d" -name 'wireguard.ko*' 2>/dev/null | sort | head -n 1)
	[[ -z $f ]] || break
done
cd "$r/lib/modules/$1" && echo "$f" >named.new && mv named.new named && echo "$f" >modules.dep
END

standin modinfo <<'END'
case $1 in
-b) [[ -s $r/lib/modules/$4/named ]] || exit 1; cat "$r/lib/modules/$4/named" ;;
-F) f=$3
	[[ ! -e $f.says ]] || f=$f.says
	[[ -f $f ]] && grep -q readable "$f" || exit 1; sed -n "s/^$2: //p" "$f" ;;
esac
END

# FAKE_DKMS: "stay" leaves the kernel's own module where it is, "exact" archives
# it and brings it back, "wrong" brings it back to updates/, "lose" does not,
# "bare" archives it without a note, "cut" archives it across file systems and does not
# look whether all of it has arrived, "fail" does nothing and says so.
standin dkms <<'END'
k='' v='' command=$1 how=${FAKE_DKMS:-stay}
while [[ $# -gt 1 ]]; do
	case $2 in
	-k) k=$3 ;;
	-v) v=$3 ;;
	esac
	shift
done
tree=$r/var/lib/dkms/wireguard-reorder
[[ $how != fail ]] || { echo "dkms: broken" >&2; exit 9; }
# As some versions do at any module whose sources are gone.
for d in "$tree"/*/source; do
	if [[ -L $d || -d $d ]] && [[ $command != status ]] && { [[ ! -r $d/dkms.conf ]] || ! bash -n "$d/dkms.conf" 2>/dev/null; }; then
		echo "Error! Could not locate dkms.conf file." >&2
		exit 4
	fi
done
install_dir()
{
	case $(. "$r/etc/os-release"; echo "$ID") in
	fedora) echo extra ;;
	opensuse) echo updates ;;
	*) echo updates/dkms ;;
	esac
}
own=kernel/drivers/net/wireguard
one()
{
	d=$r/lib/modules/$1
	case $command in
	install)
		[[ ! -e $r/fails-to-build ]] || { build_error "$1"; exit 10; }
		mkdir -p "$tree/$v/$1/x86_64/module" "$d/$(install_dir)"
		if ! cp "$r/ours" "$tree/$v/$1/x86_64/module/wireguard.ko"; then
			rm -r "${tree:?}/$v/$1"
			exit 10
		fi
		if [[ $how != stay ]]; then
			for f in "$d/$own"/wireguard.ko*; do
				[[ -f $f ]] || continue
				mkdir -p "$tree/original_module/$1/x86_64"
				if [[ $how == cut ]]; then
					cp "$f" "$tree/original_module/$1/x86_64"
					rm "$f"
				else
					mv "$f" "$tree/original_module/$1/x86_64"
				fi
				[[ $how == bare ]] || echo "$f" >"$tree/original_module/$1/x86_64/${f##*/}.origin"
			done
		fi
		ln -sfn "$v/$1/x86_64" "$tree/kernel-$1-x86_64"
		cp "$r/ours" "$d/$(install_dir)/wireguard.ko" ;;
	remove|uninstall|unbuild)
		rm -f "$d/$(install_dir)/wireguard.ko" "$tree/kernel-$1-x86_64"
		for f in "$tree/original_module/$1/x86_64"/wireguard.ko*; do
			[[ -f $f && $f != *.origin ]] || continue
			case $how in
			exact|bare|cut) mkdir -p "$d/$own"; mv "$f" "$d/$own" ;;
			wrong) mkdir -p "$d/updates"; mv "$f" "$d/updates" ;;
			esac
		done
		rm -rf "$tree/original_module/$1"
		[[ $command == uninstall ]] || rm -rf "${tree:?}/$v/$1" ;;
	esac
	depmod "$1"
}
build_error()
{
	mkdir -p "$tree/$v/build"
	printf 'DKMS make.log for wireguard-reorder-%s for kernel %s (x86_64)\nmain.c:1:2: error: no such thing\n' \
		"$v" "$1" >"$tree/$v/build/make.log"
}
case $command in
add)
	mkdir -p "$tree/$v"
	ln -s "$r/usr/src/wireguard-reorder-$v" "$tree/$v/source" ;;
status)
	[[ ! -e $tree/$v/$k/x86_64/module ]] ||
		echo "wireguard-reorder/$v, $k, x86_64: $([[ -L $tree/kernel-$k-x86_64 ]] && echo installed || echo built)" ;;
install|uninstall|unbuild) one "$k" ;;
remove) for k in "$tree/$v"/[0-9]*; do [[ ! -d $k ]] || one "${k##*/}"; done; rm -rf "${tree:?}/$v" ;;
esac
exit 0
END

# Loading: the module says what it is in /sys. FAKE_REFUSE: ours is refused, or, if
# that is "late", when nothing else is wrong with it any more. With -D the files of
# modprobe.d have their say, as with the real one.
standin modprobe <<'END'
[[ $1 != -r ]] || { rm -r "$r/sys/module/wireguard"; exit; }
if [[ $1 == -S ]]; then
	f=$(cat "$r/lib/modules/$2/named") && [[ -n $f ]] || exit 1
	said=$(cat "$r"/{etc,run,usr/lib}/modprobe.d/*.conf 2>/dev/null)
	echo "insmod $r/lib/modules/$2/kernel/udp_tunnel.ko"
	command=$(sed -n 's/^ *install  *wire[^ ]* //p' <<<"$said")
	if [[ -n $command ]]; then
		echo "install $command "
	elif [[ $4 == wireguard ]] || ! grep -q '^blacklist wireguard' <<<"$said"; then
		echo "insmod $f "
	fi
	exit 0
fi
if [[ $(cat "$r/proc/sys/kernel/modules_disabled" 2>/dev/null) == 1 ]]; then
	echo "modprobe: ERROR: could not insert 'wireguard': Operation not permitted" >&2
	exit 1
fi
command=$(sed -n 's/^ *install  *wire[^ ]* //p' "$r"/{etc,run,usr/lib}/modprobe.d/*.conf 2>/dev/null)
case $1:$command in
--ignore-install:*|*modprobe*|*:) ;;
*) exec $command ;;
esac
f=$(cat "$r/lib/modules/$(uname -r)/named")
if [[ -n ${FAKE_REFUSE:-} ]] && grep -q 'keeps the order' "$f"; then
	echo "modprobe: ERROR: could not insert 'wireguard': Key was rejected by service" >&2
	exit 1
fi
mkdir -p "$r/sys/module/wireguard"
echo live >"$r/sys/module/wireguard/initstate"
sed -n 's/^srcversion: //p' "$f" >"$r/sys/module/wireguard/srcversion"
sed -n 's/^version: //p' "$f" >"$r/sys/module/wireguard/version"
if [[ -e $f.note ]]; then
	mkdir -p "$r/sys/module/wireguard/notes"
	cp "$f.note" "$r/sys/module/wireguard/notes/.note.gnu.build-id"
fi
END
standin insmod <<'END'
if [[ ${FAKE_REFUSE:-late} != late ]] && grep -q 'keeps the order' "$1"; then
	echo "insmod: ERROR: could not insert module $1: Key was rejected by service" >&2
else
	echo "insmod: ERROR: could not insert module $1: File exists" >&2
fi
exit 1
END
standin rmmod <<'END'
[[ $(cat "$r/proc/sys/kernel/modules_disabled" 2>/dev/null) != 1 ]] || { echo "rmmod: ERROR: Operation not permitted" >&2; exit 1; }
[[ -z ${FAKE_BUSY:-} ]] || { echo "rmmod: ERROR: Module wireguard is in use" >&2; exit 1; }
rm -r "$r/sys/module/wireguard"
END
standin ip <<'END'
cat "$r/links${FAKE_NETNS:-}" 2>/dev/null || :
END
standin nsenter <<'END'
export FAKE_NETNS=-$(readlink "${1#--net=}")
shift
exec "$@"
END
standin mokutil <<'END'
echo "${*: -1} ${FAKE_KEY:-is not enrolled}"
END
standin lsinitramfs <<'END'
cat "$1"
END
standin update-initramfs <<'END'
[[ -z ${FAKE_NO_SPACE:-} ]] || { echo part >"$r/boot/initrd.img-$3.dpkg-bak"; echo "no space left"; exit 1; }
END

# verdict OK DESCRIPTION
verdict()
{
	number=$((number + 1))
	if [[ $1 == 0 ]]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		sed 's/^/# /' "$work/said" "$root/calls" 2>/dev/null
		(cd "$root" && find . -type f ! -name 'S*' | sort | sed 's/^/# /')
		failed=1
	fi
}

# test_point DESCRIPTION CONDITION...: the last command's status was 0, and so
# are those of the conditions, each a piece of shell.
test_point()
{
	local what=$1 rc=$status condition
	shift

	for condition in "$@"; do
		if ! eval "$condition"; then
			echo "# not so: $condition"
			rc=1
		fi
	done
	verdict "$rc" "$what"
}

# run COMMAND...: the program, with its words in $work/said.
run()
{
	status=0
	PATH=$work/standins:$work/tools WGR_ROOT=$root "$work/program" "$@" >"$work/said" 2>&1 || status=$?
}

module_file()
{
	mkdir -p "${1%/*}"
	{
		echo "description: $2"
		echo "version: $3"
		echo "srcversion: $4"
		echo 'vermagic: 9.9.0-1-amd64 SMP'
		[[ -z ${5:-} ]] || echo "$5"
		# Of what was cut short modinfo says nothing.
		echo readable
	} >"$1"
}

stock_module()
{
	module_file "$1" 'WireGuard secure network tunnel' 1.0.0 "${2:-STOCK}" 'intree: Y'
}

# system [ID [SUFFIX]]: a new root with one kernel, its headers, and its own
# module.
root=$work/none
system()
{
	chmod -R u+w "$root" 2>/dev/null
	umount "$root/var" "$root/lib" 2>/dev/null
	rm -rf "$root" 2>/dev/null
	root=$work/root
	mod=$root/lib/modules/$kernel
	own=$mod/kernel/drivers/net/wireguard/wireguard.ko${2:-}
	kept=$root/var/lib/wireguard-reorder/stock/$kernel
	tree=$root/var/lib/dkms/wireguard-reorder
	archive=$tree/original_module/$kernel/x86_64
	running=$root/sys/module/wireguard
	mkdir -p "$mod/build/include" "$root"/{etc,run,boot,dev} "$root/proc"/{1,self/ns} "$root/sys/module"
	ln -s "$root" "$root/proc/1/root"
	ln -s 'net:[1]' "$root/proc/self/ns/net"
	ln -s 'pid:[4026531836]' "$root/proc/self/ns/pid"
	printf 'HOME=/\0TERM=linux\0' >"$root/proc/1/environ"
	echo kernel/drivers/net/wireguard/wireguard.ko >"$mod/modules.order"
	: >"$mod/modules.builtin"
	echo "ID=${1:-debian}" >"$root/etc/os-release"
	sources "$version"
	stock_module "$own"
	module_file "$root/ours" 'WireGuard secure network tunnel that keeps the order of packets' \
		"$version" OURS 'signer: DKMS module signing key'
	touch "$root/calls"
	outside depmod "$kernel"
	unset FAKE_DKMS FAKE_RUNNING FAKE_REFUSE FAKE_BUSY FAKE_KEY FAKE_NO_SPACE
	stock_sum=$(sum "$own")
}

# sources VERSION: those that a package of ours has.
sources()
{
	mkdir -p "$root/usr/src/wireguard-reorder-$1"
	sed "s/^\(PACKAGE_VERSION=\).*/\1\"$1\"/" "$top/dkms.conf" >"$root/usr/src/wireguard-reorder-$1/dkms.conf"
}

# registered [VERSION]: DKMS knows that.
registered()
{
	sources "${1:-$version}"
	outside dkms add -m wireguard-reorder -v "${1:-$version}"
}

sum()
{
	sha256sum <"$1" | cut -d ' ' -f 1
}

outside()
{
	PATH=$work/standins:$work/tools WGR_ROOT=$root "$@"
}

# What the packages do.
installed()
{
	run before-install; cat "$work/said" >"$work/all"
	run build; cat "$work/said" >>"$work/all"
	run after-install; cat "$work/said" >>"$work/all"
	mv "$work/all" "$work/said"
}

removed()
{
	run before-remove; cat "$work/said" >"$work/all"
	run unbuild; cat "$work/said" >>"$work/all"
	run after-remove "$@"; cat "$work/said" >>"$work/all"
	mv "$work/all" "$work/said"
}

said()
{
	grep -q -E -- "$1" "$work/said"
}

called()
{
	grep -q -E -- "$1" "$root/calls"
}

names_ours()
{
	grep -q 'keeps the order' "$(<"$mod/named")"
}

stock_back()
{
	[[ -f $own && $(sum "$own") == "$stock_sum" && $(<"$mod/named") == "$own" ]]
}

loaded()
{
	outside modprobe wireguard
	: >"$root/calls"
}

# --- how it is called

system
for words in '' nonsense kernel-installed 'kernel-removed ..' 'kernel-installed a/b'; do
	# Words on purpose.
	# shellcheck disable=SC2086
	run $words
	[[ $status == 2 ]]; status=$?
	test_point "refused, with a list of commands: '$words'" 'said kernel-removed'
done

# --- copies of the kernels' own modules

for suffix in '' .gz .xz .zst; do
	system debian "$suffix"
	run before-install
	test_point "the copy of wireguard.ko$suffix: path, checksum, contents" \
		'[[ $(<"$kept/path") == "/lib/modules/$kernel/kernel/drivers/net/wireguard/wireguard.ko$suffix" ]]' \
		'[[ $(<"$kept/sha256") == "$stock_sum" ]]' 'cmp -s "$own" "$kept/wireguard.ko$suffix"' \
		'[[ ! -s $work/said ]]'
done

system
run before-install
touch -d '1 hour ago' "$kept/path"
run before-install
test_point "a good copy stays as it is" '[[ -n $(find "$kept/path" -mmin +30) ]]' '[[ ! -s $work/said ]]'
echo damage >>"$kept/wireguard.ko"
run before-install
test_point "a damaged one is made anew" 'cmp -s "$own" "$kept/wireguard.ko"' '[[ ! -s $work/said ]]'

for damage in empty cut; do
	system
	export FAKE_DKMS=exact
	run before-install
	case $damage in
	empty) : >"$own" ;;
	cut) echo ELF >"$own" ;;
	esac
	run before-install
	test_point "a kernel's module that is damaged ($damage) does not replace the copy" \
		'[[ $(sum "$kept/wireguard.ko") == "$stock_sum" && $(<"$kept/sha256") == "$stock_sum" ]]' \
		'said "kernel/drivers/net/wireguard/wireguard.ko is damaged, so the copy of it stays"'
	installed
	test_point "nor what DKMS keeps of it ($damage)" '! said mended' '[[ $(sum "$kept/wireguard.ko") == "$stock_sum" ]]'
	removed
	test_point "and in the end it is whole ($damage)" stock_back 'said "has been put back"'
done

system
: >"$own"
run before-install
test_point "of an empty one there is no copy" '[[ ! -e $kept ]]' 'said "wireguard.ko is empty"'
stock_module "$own"
sed -i /vermagic/d "$own"
run before-install
test_point "one that modinfo cannot read is copied, for there is no other" 'cmp -s "$own" "$kept/wireguard.ko"'

system
mkdir "$mod/kernel/own"
mv "$own" "$mod/kernel/own"
echo kernel/own/wireguard.ko >"$mod/modules.order"
run before-install
test_point "the kernel's list says where the module is" '[[ $(<"$kept/path") == */kernel/own/wireguard.ko ]]'

for how in exact bare; do
	system debian .xz
	export FAKE_DKMS=$how
	registered
	outside dkms install -m wireguard-reorder -v "$version" -k "$kernel"
	run before-install
	test_point "found in the archive of DKMS ($how)" '[[ $(<"$kept/sha256") == "$stock_sum" ]]' \
		'[[ $(<"$kept/path") == */kernel/drivers/net/wireguard/wireguard.ko.xz ]]' '[[ ! -e $own ]]'
done

system
mkdir -p "$tree/original_module/$kernel/x86_64"
mv "$own" "$tree/original_module/$kernel/x86_64"
echo "/lib/modules/$kernel/kernel/elsewhere/wireguard.ko" >"$tree/original_module/$kernel/x86_64/wireguard.ko.origin"
run before-install
test_point "the archive's note says where it was" '[[ $(<"$kept/path") == */kernel/elsewhere/wireguard.ko ]]'

system
mkdir -p "$tree/original_module/$kernel/x86_64/collisions"/{kernel/drivers,updates}
mv "$own" "$tree/original_module/$kernel/x86_64/collisions/kernel/drivers"
stock_module "$tree/original_module/$kernel/x86_64/collisions/updates/wireguard.ko" OLD
run before-install
test_point "found among what DKMS calls collisions" '[[ $(<"$kept/sha256") == "$stock_sum" ]]'

system
mkdir "$mod/updates"
mv "$own" "$mod/updates"
run before-install
test_point "left in updates/ by an older DKMS: it belongs elsewhere" \
	'[[ $(<"$kept/sha256") == "$stock_sum" ]]' '[[ $(<"$kept/path") == */kernel/drivers/net/wireguard/wireguard.ko ]]'
installed
removed
test_point "and goes there in the end" stock_back '[[ ! -e $mod/updates/wireguard.ko ]]'

system
rm "$own"
module_file "$mod/updates/wireguard.ko" 'Another driver' 3.0 OTHER
run before-install
test_point "another's module is not taken for the kernel's own" '[[ ! -e $kept ]]' '[[ ! -s $work/said ]]'

system
rm "$own"
cp "$root/ours" "$own"
run before-install
test_point "nor is ours" '[[ ! -e $kept ]]'

system
sed -i /readable/d "$root/ours"
export FAKE_DKMS=exact
installed
# As where DKMS uses the place that dkms.conf names.
mv "$mod/updates/dkms/wireguard.ko" "$own"
rm -rf "$kept"
run before-install
test_point "nor ours if modinfo cannot read it" '[[ $(<"$kept/sha256") == "$stock_sum" ]]'

system
rm "$own"
run before-install
test_point "a kernel without a wireguard has no copy" '[[ ! -e $kept ]]' '[[ ! -s $work/said ]]'

system
installed
stock_module "$own" NEWER
run kernel-installed "$kernel"
test_point "a kernel of the same name installed again: the copy is made anew, and that is said" \
	'cmp -s "$own" "$kept/wireguard.ko"' 'said "has replaced its own module"'

# What DKMS moved away comes back over what the kernel's package has brought since,
# whose scripts run when its newer module is there already.
for how in exact bare; do
	system
	export FAKE_DKMS=$how
	installed
	stock_module "$own" NEWER
	stock_sum=$(sum "$own")
	run kernel-changes "$kernel"
	test_point "a newer module than the one in the archive of DKMS ($how): it goes there and stays" \
		'[[ $(sum "$archive/wireguard.ko") == "$stock_sum" && $(sum "$own") == "$stock_sum" ]]' \
		'said "older module of its own: mended"'
	outside dkms uninstall -m wireguard-reorder -v "$version" -k "$kernel"
	outside dkms install -m wireguard-reorder -v "$version" -k "$kernel"
	run kernel-installed "$kernel"
	test_point "the newer one is kept when DKMS has built again ($how)" \
		'[[ $(<"$kept/sha256") == "$stock_sum" && $(sum "$archive/wireguard.ko") == "$stock_sum" ]]' \
		'! said "made anew|mended"' names_ours
	removed
	test_point "and comes back in the end ($how)" stock_back '! said "has been put back"'
done

for how in exact bare; do
	system debian .xz
	export FAKE_DKMS=$how
	installed
	own=${own%.xz}.zst
	stock_module "$own" NEWER
	stock_sum=$(sum "$own")
	run kernel-changes "$kernel"
	test_point "a newer one that is compressed in another way ($how): the archive has that and no other" \
		'[[ -z $(find "$archive" -name "*.xz*") ]]' \
		'[[ $(sum "$archive/wireguard.ko.zst") == "$stock_sum" ]]' 'said "older module of its own: mended"'
	removed
	test_point "and it is what comes back ($how)" stock_back '[[ $(echo "${own%/*}"/*) == "$own" ]]' \
		'! said "has been put back"'
done

system
export FAKE_DKMS=exact
installed
echo "$mod/extra/wireguard.ko" >"$archive/wireguard.ko.origin"
cp "$archive/wireguard.ko" "$root/other"
stock_module "$own" NEWER
run kernel-changes "$kernel"
test_point "what DKMS has moved away from elsewhere stays as it is" \
	'cmp -s "$root/other" "$archive/wireguard.ko"' '! said mended' 'cmp -s "$own" "$kept/wireguard.ko"'

system
export FAKE_DKMS=bare
installed
module_file "$archive/wireguard.ko" 'Another driver' 3.0 OTHER
cp "$archive/wireguard.ko" "$root/other"
stock_module "$own" NEWER
run kernel-changes "$kernel"
test_point "so does another's module without a note" \
	'cmp -s "$root/other" "$archive/wireguard.ko"' '! said mended' 'cmp -s "$own" "$kept/wireguard.ko"'

system
export FAKE_DKMS=exact
installed
mkdir -p "$archive/collisions/kernel"
mv "$archive/wireguard.ko"* "$archive/collisions/kernel"
stock_module "$own" NEWER
run kernel-changes "$kernel"
test_point "and what DKMS never brings back" \
	'! cmp -s "$own" "$archive/collisions/kernel/wireguard.ko"' '! said mended'

system
export FAKE_DKMS=exact
installed
stock_module "$own" NEWER
stock_sum=$(sum "$own")
mkdir "$archive/wireguard.ko.new-wireguard-reorder"
run kernel-changes "$kernel"
test_point "no room in the archive of DKMS is reported" 'said "DKMS will put an older module"' 'said "to mend"' \
	'[[ $(<"$kept/sha256") == "$stock_sum" ]]'
removed
test_point "and then the copy is what comes back" stock_back 'said "has been put back"'

system
run before-install
mkdir -p "$root/lib/modules/9.8-old/kernel" "$root/lib/modules/9.7-gone/updates/dkms"
cp -R "$kept" "${kept%/*}/9.8-old"
cp -R "$kept" "${kept%/*}/9.7-gone"
run before-remove
test_point "copies of kernels that are gone are dropped" '[[ -e $kept && ! -e ${kept%/*}/9.7-gone ]]'
run kernel-removed 9.8-old
test_point "a removed kernel's copy is dropped" '[[ -e $kept && ! -e ${kept%/*}/9.8-old ]]'
run kernel-removed "$kernel"
test_point "and with the last one all of it" '[[ ! -e $root/var/lib/wireguard-reorder ]]'

system
mkdir -p "$root/var/lib"
: >"$root/var/lib/wireguard-reorder"
run before-install
test_point "no room for the copy is reported" 'said "no copy of its own module"' 'said "to mend"'

# --- what is said of each kernel

system
installed
test_point "ours: path, version, srcversion" \
	'said "kernel $kernel: ours will be loaded .*/updates/dkms/wireguard.ko, version $version, srcversion OURS"' \
	'[[ $(wc -l <"$work/said") == 1 ]]'

# no_headers ID WORDS
no_headers()
{
	system "$1"
	rm -r "$mod/build"
	installed
	test_point "no headers on $1: how to get them" 'said "headers are not installed"' "said 'to mend: $2'" \
		'! called "dkms install"'
}
no_headers debian "apt install linux-headers-$kernel"
no_headers ubuntu "apt install linux-headers-$kernel"
no_headers fedora "dnf install kernel-devel-matched-$kernel"
no_headers rhel "dnf install kernel-devel-matched-$kernel"
no_headers opensuse "zypper install kernel-amd64-devel"

system
echo kernel/drivers/net/wireguard/wireguard.ko >"$mod/modules.builtin"
touch "$root/fails-to-build"
installed
test_point "WireGuard built in" 'said "has WireGuard built in"' 'said "CONFIG_WIREGUARD=m"'

system
touch "$root/fails-to-build"
installed
test_point "a build error: the log's place and what it says" 'said "could NOT be built"' \
	'said "/var/lib/wireguard-reorder/failed/$kernel says why"' 'said "main.c:1:2: error: no such thing"' \
	'said "dkms install -m wireguard-reorder -v $version -k $kernel"' stock_back

system
mkdir -p "$root/lib/modules/9.9.1/kernel"
touch "$root/fails-to-build"
installed
test_point "another kernel is not blamed for it" 'said "kernel 9.9.1: its headers"'

# What Debian's DKMS leaves when it ends with the first of two kernels.
system
other=$root/lib/modules/9.9.1-1-amd64
mkdir -p "$other"/{kernel,build/include}
run before-install
touch "$root/fails-to-build"
outside dkms install -m wireguard-reorder -v "$version" -k "$kernel" >/dev/null 2>&1
rm "$root/fails-to-build"
: >"$root/calls"
run build-rest
run after-install
test_point "kernels that DKMS has not come to are built for" '[[ -e $other/updates/dkms/wireguard.ko ]]' \
	'said "kernel 9.9.1-1-amd64: ours will be loaded"'
test_point "and the one that it cannot be built for is not tried again" '! called "dkms install.*-k $kernel"' \
	'said "kernel $kernel: the module could NOT be built"' 'said "failed/$kernel says why"' stock_back
: >"$root/calls"
run build-rest
test_point "and nothing is built twice" '! called "dkms install"'

system
mkdir -p "$root/etc/dkms"
touch "$root/etc/dkms/no-autoinstall"
run before-install
run build-rest
test_point "nor where DKMS is not to build by itself" '! called "dkms install"'
installed
test_point "DKMS told not to build" 'said "told not to build by itself"' 'said "rm /etc/dkms/no-autoinstall"'

system
mkdir -p "$root/etc/dkms"
registered
echo 'BUILD_EXCLUSIVE_KERNEL="^6"' >"$root/etc/dkms/wireguard-reorder.conf"
run before-install
run after-install
test_point "an excluded kernel" 'said "excluded by BUILD_EXCLUSIVE"'

system
registered
run before-install
run after-install
test_point "a kernel that DKMS has not built for" 'said "has not built for it"' 'said "to mend: dkms install"'

system
installed
mv "$mod/updates/dkms" "$mod/updates/kept"
outside depmod "$kernel"
module_file "$mod/updates/a/wireguard.ko" 'Another driver' 3.0 OTHER
echo "$mod/updates/a/wireguard.ko" >"$mod/named"
run after-install
test_point "another module before ours" 'said "/updates/a/wireguard.ko goes before ours"' 'said "to mend: remove it"'

# own_first [FILE LINE]...: the kernel's own goes before ours, with these files in depmod.d.
own_first()
{
	system
	installed
	mkdir -p "$root/lib/depmod.d" "$root/etc/depmod.d"
	cp "$top/src/dist/depmod.conf" "$root/lib/depmod.d/wireguard-reorder.conf"
	while [[ $# -gt 0 ]]; do
		printf '# a comment\n%s\n' "$2" >"$root/$1"
		shift 2
	done
	echo "$own" >"$mod/named"
	run after-install
}
own_first lib/depmod.d/zz.conf 'override wireguard * kernel/drivers/net/wireguard'
test_point "the kernel's own before ours: the line of depmod.d, and nobody is told to remove the file" \
	'said "wireguard.ko goes before ours, for so says /lib/depmod.d/zz.conf line 2 \(override wireguard \* kernel/drivers/net/wireguard\)"' \
	'said "to mend: take that out, then depmod $kernel"' '! said "remove it"'
own_first lib/depmod.d/aa.conf 'override wireguard * kernel/drivers/net/wireguard' etc/depmod.d/aa.conf '' \
	lib/depmod.d/bb.conf "override wireguard ^9\\.9 kernel/drivers/net/wireguard" \
	lib/depmod.d/cc.conf 'override wireguard 5.10 kernel/drivers/net/wireguard' \
	lib/depmod.d/dd.conf 'override other * kernel/drivers/net/wireguard'
test_point "of several lines the one that counts" 'said "so says /lib/depmod.d/bb.conf line 2 "' '! said "(aa|cc|dd).conf"'
own_first etc/depmod.d/wireguard-reorder.conf '' lib/depmod.d/bb.conf 'search built-in updates'
test_point "a file that hides ours" 'said "so says /etc/depmod.d/wireguard-reorder.conf, which hides"'
own_first
rm "$root/lib/depmod.d/wireguard-reorder.conf"
echo 'search built-in updates' >"$root/etc/depmod.d/aa.conf"
run after-install
test_point "or the order of folders" 'said "so says /etc/depmod.d/aa.conf line 1 \(search built-in updates\)"'
own_first
test_point "or nothing" 'said "no file in depmod.d says so"' 'said "to mend: depmod $kernel"' '! said "remove it"'
removed
module_file "$mod/kernel/a/wireguard.ko" 'Another driver' 3.0 OTHER
installed
rm "$mod/updates/dkms/wireguard.ko"
echo "$mod/kernel/a/wireguard.ko" >"$mod/named"
run after-remove
test_point "nor on removal" 'said "kernel/a/wireguard.ko goes before its own"' '! said "remove it"'

system
rm -rf "$root/lib/modules/"*
installed
test_point "no kernel at all" 'said "no kernel is installed here"'

# --- where headers come from

# packaged KVER NAME...: names of packages that have a file of that kernel; the first one
# has the image.
packaged()
{
	local name file=/boot/vmlinuz-$1

	for name in "${@:2}"; do
		echo "installed $name $file" >>"$root/packages"
		file=/lib/modules/$1/modules.order
	done
}

# present NAME...: are installed, with no files of a kernel.
present()
{
	printf 'installed %s\n' "$@" >>"$root/packages"
}

# on_offer NAME[:BROUGHT]...: what the archive has, and what comes with it.
on_offer()
{
	printf '%s\n' "$@" >>"$root/archive"
}

# apt_system ID KVER: a system with apt that runs that kernel, without headers.
apt_system()
{
	system "$1"
	mv "$mod" "$root/lib/modules/$2"
	mod=$root/lib/modules/$2
	mv "$mod/build" "$root"
	outside depmod "$2"
	: >"$root/packages"
	: >"$root/archive"
	# A package that is no kernel's, and one that has been removed but for its settings.
	present linux-base proxmox-archive-keyring
	echo 'config-files linux-image-gone' >>"$root/packages"
	on_offer linux-headers-gone linux-headers-generic
	export FAKE_RUNNING=$2
	standin dpkg-query <<'END'
command=$1 format=$3
[[ $command == -S ]] && shift || shift 3
while read -r state name file; do
	for p; do
		case $command in
		-S) [[ -n $file && $file == $p ]] && echo "$name: $file" ;;
		-W)
			[[ $name == $p ]] || continue
			[[ $format == *Package* ]] && echo "$state $name" || printf %s "$state" ;;
		esac
	done
done <"$r/packages"
END
	standin apt-cache <<'END'
grep -q -E "^$(sed 's/[.+]/\\&/g' <<<"$2")(:|\$)" "$r/archive"
END
	standin apt-get <<'END'
shift 2
for n; do
	grep -F -x -e "$n" "$r/archive" | sed 's/.*/Inst & (1 here)/'
	grep -F -e "$n:" "$r/archive" | sed 's/\(.*\):\(.*\)/Inst \1 (1 here)\nInst \2 [1] (2 here)/'
done
END
}

# asks_for DESCRIPTION COMMAND [CONDITION...]: what it prints for the headers.
asks_for()
{
	run headers
	# Nothing else than that command, but for words to the reader.
	test_point "headers of $1: ${2:-nothing}" '[[ $(grep -v "^wireguard-reorder: " "$work/said") == "$wanted" ]]' "${@:3}"
}

# headers_of DESCRIPTION COMMAND [CONDITION...]
headers_of()
{
	local wanted=$2

	asks_for "$@"
}

for flavour in amd64 cloud-amd64 rt-amd64; do
	k=6.12.118+deb13-$flavour
	apt_system debian "$k"
	packaged "$k" "linux-image-$k"
	present "linux-image-$flavour"
	on_offer "linux-headers-$k" linux-headers-{amd64,cloud-amd64,rt-amd64}
	headers_of "Debian, $flavour" "apt install linux-headers-$k linux-headers-$flavour"
	installed
	test_point "and the package says so ($flavour)" 'said "kernel 6[.]12.118\+deb13-$flavour: its headers are not installed"' \
		'said "to mend: apt install linux-headers-6.12.118\+deb13-$flavour linux-headers-$flavour\$"'
done

k=6.8.0-45-generic
apt_system ubuntu "$k"
packaged "$k" "linux-image-$k" "linux-modules-$k" "linux-modules-extra-$k"
present linux-image-generic linux-generic linux-firmware
on_offer "linux-headers-$k" linux-headers-generic
headers_of "Ubuntu, generic" "apt install linux-headers-$k linux-headers-generic"

k=6.8.0-1016-aws
apt_system ubuntu "$k"
packaged "$k" "linux-image-unsigned-$k" "linux-modules-$k"
present linux-image-aws linux-aws
on_offer "linux-headers-$k" linux-headers-aws
headers_of "Ubuntu, aws" "apt install linux-headers-$k linux-headers-aws"

k=6.8.0-45-generic
apt_system ubuntu "$k"
packaged "$k" "linux-image-$k" "linux-modules-$k"
present linux-image-generic-hwe-24.04
on_offer "linux-headers-$k" linux-headers-generic-hwe-24.04
headers_of "Ubuntu, newer kernels" "apt install linux-headers-$k linux-headers-generic-hwe-24.04"

k=6.8.12-4-pve
apt_system debian "$k"
packaged "$k" "proxmox-kernel-$k-signed"
present proxmox-kernel-6.8 proxmox-default-kernel proxmox-kernel-helper proxmox-ve
on_offer "proxmox-headers-$k" proxmox-headers-6.8 proxmox-default-headers linux-headers-amd64
headers_of Proxmox "apt install proxmox-default-headers proxmox-headers-6.8 proxmox-headers-$k"

k=5.15.158-2-pve
apt_system debian "$k"
packaged "$k" "pve-kernel-$k"
present pve-kernel-5.15 pve-kernel-helper
on_offer "pve-headers-$k" pve-headers-5.15
headers_of "an older Proxmox" "apt install pve-headers-5.15 pve-headers-$k"

k=6.6.51+rpt-rpi-v8
apt_system debian "$k"
packaged "$k" "linux-image-$k"
packaged 6.6.51+rpt-rpi-2712 linux-image-6.6.51+rpt-rpi-2712
present linux-image-rpi-v8
on_offer "linux-headers-$k" linux-headers-rpi-v8 linux-headers-6.6.51+rpt-rpi-2712 linux-headers-rpi-2712
headers_of "Raspberry Pi OS" "apt install linux-headers-$k linux-headers-rpi-v8"

k=6.1.21-v8+
apt_system debian "$k"
packaged 0 none raspberrypi-kernel
sed -i "s|/lib/modules/0/|/lib/modules/$k/|" "$root/packages"
on_offer raspberrypi-kernel-headers
headers_of "an older Raspberry Pi OS" "apt install raspberrypi-kernel-headers"

k=6.12.100+deb13-cloud-amd64
apt_system debian "$k"
packaged "$k" "linux-image-$k"
present linux-image-cloud-amd64
on_offer "linux-headers-$k" linux-headers-cloud-amd64:linux-image-6.12.118+deb13-cloud-amd64
headers_of "a kernel that is not the newest: no newer one comes with them" "apt install linux-headers-$k" \
	'said "linux-headers-cloud-amd64 is left out"' 'said "to mend: apt upgrade, restart, then apt install linux-headers-cloud-amd64"'

apt_system debian "$k"
packaged "$k" "linux-image-$k"
present linux-image-cloud-amd64
on_offer linux-headers-cloud-amd64:linux-image-6.12.118+deb13-cloud-amd64
headers_of "a kernel whose headers the archive has no more" '' 'said "kernel 6[.]12.100\+deb13-cloud-amd64: the package archive has no headers"'

apt_system debian 6.12.1-own
packaged 6.12.118+deb13-amd64 linux-image-6.12.118+deb13-amd64
on_offer linux-headers-6.12.1-own:linux-image-6.12.1-own
headers_of "a kernel that belongs to no package: none of that name is installed" '' 'said "kernel 6[.]12.1-own: the package archive"'

k=6.12.118+deb13-cloud-amd64
apt_system debian "$k"
packaged "$k" "linux-image-$k"
present linux-image-cloud-amd64 "linux-headers-$k"
on_offer "linux-headers-$k" linux-headers-cloud-amd64
mv "$root/build" "$mod"
headers_of "a kernel that has them, but not those to come" "apt install linux-headers-cloud-amd64"
present linux-headers-cloud-amd64
headers_of "a kernel that has all of them" '' '[[ ! -s $work/said ]]'

apt_system debian "$k"
packaged "$k" "linux-image-$k"
on_offer "linux-headers-$k"
rm "$root/proc/1/root"
ln -s "$work" "$root/proc/1/root"
export FAKE_RUNNING=7.1.0-host
headers_of "an image that is being made: those of its own kernel" "apt install linux-headers-$k"

apt_system debian "$k"
rm -r "$mod"
: >"$root/run/.containerenv"
on_offer "linux-headers-$k" linux-headers-amd64:linux-image-amd64
headers_of "a container, where there is no kernel" '' '! called apt' '[[ ! -s $work/said ]]'
rm "$work/standins/"{dpkg-query,apt-cache,apt-get}

# devel ID KVER NAME: elsewhere the names follow from that of the kernel.
devel()
{
	local wanted="dnf install $3"

	system "$1"
	mv "$mod" "$root/lib/modules/$2"
	export FAKE_RUNNING=$2
	asks_for "$1, $2" "$wanted"
}
devel fedora 6.8.5-301.fc40.x86_64 kernel-devel-matched-6.8.5-301.fc40.x86_64
devel almalinux 5.14.0-427.el9.x86_64+rt kernel-rt-devel-matched-5.14.0-427.el9.x86_64
devel ol 5.15.0-200.el9uek.x86_64 kernel-uek-devel-5.15.0-200.el9uek.x86_64
devel amzn 6.1.90-99.amzn2023.x86_64 kernel-devel-6.1.90-99.amzn2023.x86_64

# relations FILE WORD...: what these fields of it say.
relations()
{
	awk -v fields="$2" '/^[^ #]/ { on = $0 ~ "^(" fields ")" } on && !/^#/' "$top/$1"
}

status=0
test_point "neither package asks for a kernel, nor the .deb for headers that it could not choose" \
	'! relations debian/control "Depends|Pre-Depends|Recommends" | grep linux-' \
	'! relations rpm/wireguard-reorder.spec "Requires|Recommends" | grep -E " kernel(-core|-default)?( |\$)|matched"'

# --- Secure Boot

secure()
{
	mkdir -p "$root/sys/kernel/security" "$root/sys/firmware/efi/efivars" "$root/var/lib/dkms"
	printf '\006\000\000\000\001' >"$root/sys/firmware/efi/efivars/SecureBoot-8be4df61"
	echo "${1:-none [integrity] confidentiality}" >"$root/sys/kernel/security/lockdown"
}

system
secure
installed
test_point "the key is not enrolled: ours gives way, and how to enrol it" stock_back \
	'said "ours would be refused \(Secure Boot\), for the key .* is not enrolled"' \
	'said "to mend: mokutil --import /var/lib/dkms/mok.pub, restart and confirm it there; then dkms install"' \
	'called "dkms uninstall .*-k $kernel"'

system
secure
export FAKE_DKMS=exact
installed
test_point "the same where DKMS moves the kernel's own module" stock_back

system
secure
export FAKE_DKMS=lose
installed
test_point "and where it loses it" stock_back 'said "has been put back"'

system ubuntu
secure
installed
test_point "Ubuntu's key" 'said "mokutil --import /var/lib/shim-signed/mok/MOK.der"'

system
secure
mkdir -p "$root/etc/dkms/framework.conf.d"
echo 'mok_certificate="/root/my.der"' >"$root/etc/dkms/framework.conf.d/my.conf"
installed
test_point "the key that DKMS has been told to use" 'said "mokutil --import /root/my.der"'

# its_key DESCRIPTION CERTIFICATE [FILE LINE]...: which one DKMS signs with.
its_key()
{
	local what=$1 key=$2
	shift 2

	system "${distribution:-debian}"
	secure
	mkdir -p "$root/etc/dkms/framework.conf.d"
	while [[ $# -gt 0 ]]; do
		printf '%s\n' "$2" >>"$root/etc/dkms/framework.conf$1"
		shift 2
	done
	installed
	test_point "the key that DKMS takes: $what" "said 'mokutil --import $key, restart'"
}
its_key "of several files that of the last" /b.der '' 'mok_certificate=/0.der' .d/a.conf 'mok_certificate=/a.der' \
	.d/b.conf 'mok_certificate=/b.der'
its_key "also after framework.conf itself" /a.der .d/a.conf 'mok_certificate=/a.der' '' 'mok_certificate=/0.der'
its_key "with a comment behind it" /a.der .d/a.conf 'mok_certificate=/a.der # ours'
its_key "in quotes, with a comment" /a.der .d/a.conf "mok_certificate='/a.der' # \"ours\""
its_key "made of variables" /keys/a.der .d/a.conf 'keys=/keys' .d/a.conf 'mok_certificate="${keys}/a.der"'
its_key "made of those that DKMS has" "/var/lib/dkms/$kernel.pub" .d/a.conf 'mok_certificate="$dkms_tree/${kernelver}.pub"'
its_key "commented out" /var/lib/dkms/mok.pub .d/a.conf '#mok_certificate=/a.der'
its_key "exported" /a.der .d/a.conf 'export mok_certificate=/a.der'
its_key "from a file that has a fault" /a.der '' 'if true; then' .d/a.conf 'mok_certificate=/a.der'
distribution=ubuntu
its_key "on Ubuntu with a key of its own" /var/lib/dkms/mok.pub .d/a.conf 'mok_signing_key=/a.key'
unset distribution

system
secure
export FAKE_KEY='is already enrolled'
installed
test_point "an enrolled key" names_ours 'said "mok.pub\) is enrolled"' 'said "ours will be loaded"'

system
secure
export FAKE_KEY='is already in db'
installed
test_point "a key that the firmware's own list has" names_ours 'said "mok.pub\) is enrolled"'

system
secure
export FAKE_KEY='is blocked in dbx'
installed
test_point "a key that is blocked" stock_back 'said "is blocked by the firmware"'

system
secure
export FAKE_KEY='EFI variables are not supported on this system'
installed
test_point "what mokutil may say otherwise decides nothing" names_ours 'said "does not tell .*not supported"'

system
secure
export FAKE_KEY='is already in the enrollment request'
installed
test_point "a key that waits to be enrolled" stock_back 'said "to mend: restart and confirm it there"'

system
secure
sed -i '/^signer/d' "$root/ours"
installed
test_point "a module that is not signed" stock_back 'said "the module is not signed \(DKMS needs openssl for that\)"' \
	'said "to mend: install openssl, then dkms unbuild -m wireguard-reorder -v $version -k $kernel; then dkms install -m"'

# It came from where DKMS does not sign.
standin openssl <<'END'
END
system
secure
sed '/^signer/d' "$root/ours" >"$root/unsigned"
mv "$root/ours" "$root/signed"
cp "$root/unsigned" "$root/ours"
export FAKE_KEY='is already enrolled'
installed
test_point "not signed though openssl is there: the reason" stock_back 'said "not signed \(DKMS does not sign in a chroot or an image\)"' \
	'said "to mend: dkms unbuild -m" ' '! said "install openssl"'
mv "$root/signed" "$root/ours"
run kernel-starts "$kernel"
test_point "it is built again at the start of the system, and signed" names_ours 'called "dkms unbuild .*-k $kernel"' \
	'said "ours will be loaded"'
: >"$root/calls"
run kernel-starts "$kernel"
test_point "and not again" names_ours '! called "dkms (unbuild|install)"'
cp "$root/unsigned" "$root/ours"
outside dkms unbuild -m wireguard-reorder -v "$version" -k "$kernel"
run kernel-starts "$kernel"
run kernel-starts "$kernel"
: >"$root/calls"
run kernel-starts "$kernel"
test_point "what stays unsigned is not built at each start, and the reason stays" stock_back '! called "dkms (unbuild|install)"' \
	'said "ours would be refused, for the module is not signed"'
mkdir -p "$root/etc/dkms"
echo 'try_sign_modules="false"' >"$root/etc/dkms/framework.conf"
run kernel-starts "$kernel"
test_point "DKMS told not to sign: the reason" 'said "try_sign_modules in /etc/dkms tells"' 'said "take that out"'
rm "$work/standins/openssl"

system
secure
mv "$work/standins/mokutil" "$work"
installed
mv "$work/mokutil" "$work/standins"
test_point "without mokutil that is said, and nothing decided" names_ours 'said "without mokutil"'

system
secure '[none] integrity confidentiality'
installed
test_point "a kernel that does not insist keeps ours" names_ours 'said "loads the module nevertheless"'

system
mkdir -p "$root/sys/module/module/parameters"
echo Y >"$root/sys/module/module/parameters/sig_enforce"
installed
test_point "signatures enforced without Secure Boot" stock_back 'said "ours would be refused, for"'

system
secure
rm "$root/proc/1/root"
ln -s "$work" "$root/proc/1/root"
installed
test_point "an image that is made on such a machine keeps ours" names_ours

# --- taking effect

system
installed
test_point "not loaded: nothing is loaded" '! called "modprobe (wire|-r|--i)|rmmod|insmod"'

system
loaded
installed
test_point "loaded and no tunnel up: ours runs at once" '[[ $(<"$running/srcversion") == OURS ]]' \
	'said "no tunnel was up: ours is loaded"' '[[ ! -e $root/run/reboot-required ]]'
: >"$root/calls"
run after-install
test_point "ours runs already: it is left alone" '! called "modprobe (wire|-r|--i)|rmmod|insmod"'

# note ID: that of a build with this id, of 20 letters.
note()
{
	printf '\004\0\0\0\024\0\0\0\003\0\0\0GNU\0%s' "$1"
}

# another_build WHAT [NOTE [SUFFIX]]: ours runs, and then there is another one on the
# disk: another version, build, or the same (WHAT), with or without a note, compressed.
another_build()
{
	local file=$mod/updates/dkms/wireguard.ko

	system
	installed
	[[ -z ${2:-} ]] || { note OURS-OURS-OURS-OURS1 >"$file.note" && cat "$file.note" >>"$file"; }
	outside modprobe wireguard
	rm -f "$file.note"
	case $1 in
	version) sed -i "s/^version: .*/version: 0.9/" "$file" ;;
	build) sed -i 's/OURS-OURS-OURS-OURS1/OURS-OURS-OURS-OURS2/' "$file" ;;
	source) sed -i 's/^srcversion: .*/srcversion: OTHER/' "$file" ;;
	esac
	if [[ -n ${3:-} ]]; then
		case $3 in
		.xz) xz "$file" ;;
		.gz) gzip "$file" ;;
		.zst) zstd -q --rm "$file" ;;
		esac
		# Of these modinfo is made to say the same.
		printf 'description: keeps the order of packets\nversion: %s\nsrcversion: OURS\nvermagic: x\nreadable\n' \
			"$version" >"$file$3.says"
		echo "$file$3" >"$mod/named"
	fi
	: >"$root/calls"
	status=0
	PATH=$work/standins:$work/tools WGR_ROOT=$root bash -c '. <(sed "/^command=/,\$d" "$1"); loaded=$root/sys/module/wireguard
		is_loaded "$2"' - "$work/program" "$file${3:-}" || status=$?
}

for suffix in '' .xz .gz .zst; do
	another_build none note "$suffix"
	test_point "the module on disk$suffix is the one loaded: version and build id"
	another_build build note "$suffix"
	[[ $status == 1 ]]; status=$?
	test_point "of the same version and sources, but another build: it is not ($suffix)"
done
another_build version note
[[ $status == 1 ]]; status=$?
test_point "nor one of another version"
another_build source note
test_point "but one of other sources that is the same build"
another_build source
[[ $status == 1 ]]; status=$?
test_point "without a build id the sources count"
another_build none
test_point "and are enough"
another_build build note
run after-install
test_point "another build is loaded at once" 'called "^rmmod wireguard"' 'said "no tunnel was up: ours is loaded"'

# kept_loaded DESCRIPTION NAME
kept_loaded()
{
	loaded
	installed
	test_point "$1: nothing is unloaded, and the machine is marked" '! called rmmod' \
		"said 'stays so.*$2'" '[[ $(<"$running/srcversion") == STOCK ]]' \
		'[[ $(<"$root/run/reboot-required.pkgs") == wireguard-reorder-dkms && -s $root/run/reboot-required ]]'
}

system
echo '7: wg0: <POINTOPOINT,NOARP,UP,LOWER_UP> mtu 1420' >"$root/links"
echo '8: wg1@if7: <POINTOPOINT>' >>"$root/links"
kept_loaded "tunnels up" 'wg0 wg1'
run after-install
test_point "the mark is set once" '[[ $(wc -l <"$root/run/reboot-required.pkgs") == 1 ]]'

system
mkdir -p "$root/proc/77/ns"
ln -s 'net:[2]' "$root/proc/77/ns/net"
echo '9: wg-there: <POINTOPOINT>' >"$root/links-net:[2]"
kept_loaded "a tunnel in the namespace of a process" wg-there

system
ln -s 'net:[3]' "$root/bound"
echo '22 33 0:4 net:[3] /bound rw shared:9 - nsfs nsfs rw' >"$root/proc/1/mountinfo"
echo '9: wg-bound: <POINTOPOINT>' >"$root/links-net:[3]"
kept_loaded "a tunnel in a namespace that a file is bound to" wg-bound

system
mkdir -p "$root/proc/78/fd"
ln -s 'net:[4]' "$root/proc/78/fd/5"
echo '9: wg-open: <POINTOPOINT>' >"$root/links-net:[4]"
kept_loaded "a tunnel in a namespace that is only held open" wg-open

for thread in wg-crypt-wg0 wgr-crypt-wg0 kworker/R-wg-cr kworker/R-wgr-c; do
	system
	mkdir -p "$root/proc/79"
	echo "$thread" >"$root/proc/79/comm"
	kept_loaded "a tunnel that only its thread $thread betrays" 'cannot be seen'
done

for missing in ip nsenter; do
	system
	mv "$work/standins/$missing" "$work"
	kept_loaded "no $missing to look for tunnels with" 'iproute2 and util-linux'
	mv "$work/$missing" "$work/standins"
done

system
export FAKE_BUSY=1
loaded
installed
test_point "the module is in use: marked" 'said "cannot be unloaded: .*in use"' '[[ -e $root/run/reboot-required ]]'

system opensuse
echo '7: wg0: <UP>' >"$root/links"
loaded
installed
test_point "SUSE's mark" '[[ $(<"$root/run/reboot-needed") == reboot ]]' '! called rmmod'

system ubuntu
mkdir -p "$root/usr/share/update-notifier"
printf '#!/bin/sh\necho "$DPKG_MAINTSCRIPT_PACKAGE" >"$WGR_ROOT/run/notified"\n' \
	>"$root/usr/share/update-notifier/notify-reboot-required"
chmod +x "$root/usr/share/update-notifier/notify-reboot-required"
echo '7: wg0: <UP>' >"$root/links"
loaded
installed
test_point "Ubuntu's mark is left to its own program" '[[ $(<"$root/run/notified") == wireguard-reorder-dkms ]]'

system
loaded
export FAKE_REFUSE=1
installed
test_point "the kernel does not take ours: its own is not unloaded for that" stock_back '! called rmmod' \
	'[[ $(<"$running/srcversion") == STOCK ]]' 'said "Key was rejected"' 'said "the wireguard that is loaded stays in use"'

system
loaded
export FAKE_REFUSE=late
installed
test_point "that shows when the other is gone: its own is loaded again and stays" stock_back \
	'[[ $(<"$running/srcversion") == STOCK ]]' 'said "Key was rejected"' 'said "loaded instead"'

for mokutil in unknown enrolled; do
	system
	secure
	export FAKE_KEY="is already $mokutil" FAKE_REFUSE=1
	installed
	test_point "not loaded, and the kernel would not take ours though its key is $mokutil: ours gives way" stock_back \
		'said "Key was rejected"' 'said "its own wireguard stays in use"' '[[ ! -e $running ]]'
done

system
secure
export FAKE_KEY='is already enrolled'
installed
test_point "where signatures count ours is loaded to see, and unloaded" names_ours \
	'called "modprobe --ignore-install wireguard"' '[[ ! -e $running ]]'
echo '7: wg0: <UP>' >"$root/links"
run after-install
test_point "but not from under a tunnel that came meanwhile" '[[ $(<"$running/srcversion") == OURS ]]'

system
loaded
rm "$root/proc/1/root"
mkdir "$work/elsewhere" 2>/dev/null
ln -s "$work/elsewhere" "$root/proc/1/root"
installed
test_point "in a chroot nothing is unloaded" names_ours '! called rmmod' '[[ ! -e $root/run/reboot-required ]]'

system
loaded
rm -r "$root/proc"
installed
test_point "nor in an image that is being made" names_ours '! called rmmod'

for mark in run/systemd/container run/.containerenv .dockerenv; do
	system
	loaded
	mkdir -p "$root/run/systemd"
	: >"$root/$mark"
	installed
	test_point "nor in a container (/$mark)" names_ours '! called rmmod'
done

system
loaded
printf 'HOME=/\0container=lxc\0' >"$root/proc/1/environ"
installed
test_point "nor in a container (its first process says so)" names_ours '! called rmmod' \
	'[[ $(<"$running/srcversion") == STOCK ]]'

system
loaded
rm "$root/proc/self/ns/pid"
ln -s 'pid:[4026532001]' "$root/proc/self/ns/pid"
installed
test_point "nor in a namespace of processes of its own" names_ours '! called rmmod' \
	'[[ ! -e $root/run/reboot-required ]]'

system
loaded
export FAKE_RUNNING=5.5-host
installed
test_point "nor where another kernel runs" names_ours '! called rmmod'

# --- what the administrator forbids

# forbid WORDS...: they are the line of the file in that folder.
forbid()
{
	mkdir -p "$root/$1"
	echo "$2" >"$root/$1/own.conf"
}

# left_alone DESCRIPTION WORDS [CONDITION...]: nothing is loaded or unloaded, and ours stays.
left_alone()
{
	test_point "$1" '! called "rmmod|insmod|modprobe (wire|-r|--i)|dkms uninstall"' names_ours \
		"said '$2'" '! said "does not take|would be refused"' "${@:3}"
}

system
loaded
mkdir -p "$root/proc/sys/kernel"
echo 1 >"$root/proc/sys/kernel/modules_disabled"
installed
left_alone "no module can be loaded any more: ours stays for the next start" 'modules_disabled is 1' \
	'[[ $(<"$running/srcversion") == STOCK ]]' '[[ -s $root/run/reboot-required ]]'
removed
test_point "the same on removal" stock_back '! called "rmmod|insmod"'

system
secure
export FAKE_KEY='is already enrolled'
mkdir -p "$root/proc/sys/kernel"
echo 1 >"$root/proc/sys/kernel/modules_disabled"
installed
left_alone "the same where signatures count and none is loaded" 'modules_disabled is 1' \
	'[[ -s $root/run/reboot-required ]]'

system
installed
outside modprobe wireguard
mkdir -p "$root/proc/sys/kernel"
echo 1 >"$root/proc/sys/kernel/modules_disabled"
run after-install
test_point "nothing to say of it while ours runs" '[[ $(wc -l <"$work/said") == 1 && ! -e $root/run/reboot-required ]]'
: >"$root/calls"
removed
test_point "which stays when it is removed, until the next start" stock_back '! called "rmmod|insmod"' \
	'said "modules_disabled is 1"' '[[ -s $root/run/reboot-required && $(<"$running/srcversion") == OURS ]]'

for folder in etc run usr/lib; do
	for command in /bin/false /bin/true; do
		system
		loaded
		forbid "$folder/modprobe.d" "install wireguard $command"
		installed
		left_alone "a line 'install wireguard $command' in /$folder/modprobe.d" \
			"is told to run \"$command\" instead of loading it .*/$folder/modprobe.d/own.conf" \
			'[[ $(<"$running/srcversion") == STOCK && -s $root/run/reboot-required ]]' '! said "ours will be loaded"'
	done
done

system
secure
export FAKE_KEY='is already enrolled'
forbid etc/modprobe.d 'install wireguard /bin/false'
installed
left_alone "nor is it loaded to see whether the kernel takes it" 'is told to run "/bin/false"' '[[ ! -e $running ]]'

system
loaded
forbid etc/modprobe.d 'install wire* /bin/false'
installed
left_alone "a pattern that fits the name" 'is told to run "/bin/false" instead of loading it'

system
loaded
forbid etc/modprobe.d 'install wireguard /sbin/modprobe --ignore-install wireguard && /usr/local/bin/up'
installed
test_point "a command that loads it in the end forbids nothing" '[[ $(<"$running/srcversion") == OURS ]]' \
	'said "ours will be loaded"' '! said "is told to run"'

system
secure
export FAKE_KEY='is already enrolled'
forbid etc/modprobe.d 'blacklist wireguard'
installed
left_alone "a black list" 'made, only by its name .*/etc/modprobe.d/own.conf'

system
loaded
forbid run/modprobe.d 'blacklist wireguard'
installed
test_point "but what is loaded nevertheless is exchanged" '[[ $(<"$running/srcversion") == OURS ]]' \
	'said "only by its name .*/run/modprobe.d/own.conf"'

for path in '' /bin/false; do
	system
	mkdir -p "$root/proc/sys/kernel"
	echo "$path" >"$root/proc/sys/kernel/modprobe"
	installed
	left_alone "a kernel that is to load nothing by itself: '$path'" "kernel.modprobe is \"$path\", so it is loaded by its name only"
	echo /sbin/modprobe >"$root/proc/sys/kernel/modprobe"
	run after-install
	test_point "which is said no more when that is taken back" '[[ $(wc -l <"$work/said") == 1 ]]'
done

system
loaded
echo 'quiet module_blacklist=floppy,wireguard ro' >"$root/proc/cmdline"
installed
left_alone "the kernel's own black list" 'started with module_blacklist=floppy,wireguard'

# --- removal

for how in stay exact bare wrong lose; do
	system debian .xz
	export FAKE_DKMS=$how
	installed
	removed
	test_point "removal where DKMS does '$how': path and checksum are the kernel's own" stock_back \
		'[[ ! -e $root/var/lib/wireguard-reorder && ! -e $mod/updates ]]'
done

system
installed
rm "$mod/updates/dkms/wireguard.ko"
run after-remove
test_point "the kernel's list of modules names ours, which is gone: it is made anew" stock_back '[[ $status == 0 ]]'

system
mkdir -p "$mod/extra"
installed
standin rpm <<'END'
[[ $1 == -qf && $2 == */extra ]]
END
removed
rm "$work/standins/rpm"
test_point "DKMS has left empty folders: they go, but not one that a package has" stock_back \
	'[[ ! -e $mod/updates && -d $mod/extra ]]'

system
installed
touch "$mod/updates/other.ko"
removed
test_point "nor one with another module in it" stock_back '[[ -e $mod/updates/other.ko && ! -e $mod/updates/dkms ]]'

system
export FAKE_DKMS=exact
installed
stock_module "$own" NEWER
stock_sum=$(sum "$own")
removed
test_point "DKMS's older copy does not stay over the kernel package's newer one" stock_back \
	'! said "has been put back"'

system
installed
export FAKE_DKMS=fail
removed
test_point "DKMS fails to remove: what it left of ours goes" stock_back 'said "in good order: dkms: broken"' \
	'said "updates/dkms/wireguard.ko was left behind"' '[[ ! -e $tree ]]' \
	'said "DKMS has left version $version in its tree: removed"'

system
installed
registered 0.9
mkdir -p "$tree/1.0/$kernel"
ln -sfn "$version/$kernel/x86_64" "$tree/kernel-$kernel-x86_64"
export FAKE_DKMS=fail
removed upgrade
test_point "before an upgrade, too; another version stays if it has its sources" stock_back \
	'[[ -e $tree/0.9 && ! -e $tree/1.0 && ! -e $tree/$version && ! -L $tree/kernel-$kernel-x86_64 ]]'

system
installed
mv "$work/standins/dkms" "$work"
removed
mv "$work/dkms" "$work/standins"
test_point "DKMS is gone: so is what it left" stock_back '[[ ! -e $tree ]]'

system
export FAKE_DKMS=exact
installed
rm -r "$kept"
export FAKE_DKMS=fail
run unbuild
run after-remove
test_point "what DKMS keeps of a kernel's own module is not thrown away with it" \
	'[[ $(sum "$archive/wireguard.ko") == "$stock_sum" ]]'

system
installed
rm -r "$kept/"wireguard.ko "$own"
export FAKE_DKMS=lose
run after-remove
test_point "lost together with the copy: said, with what to do" 'said "could not be put back"' \
	'said "reinstall the kernel"' '[[ -e $kept/sha256 ]]' '! names_ours' \
	'[[ ! -e $tree/$version ]]'

system
installed
outside modprobe wireguard
: >"$root/calls"
removed
test_point "removal without tunnels: the kernel's own runs at once" '[[ $(<"$running/srcversion") == STOCK ]]' \
	'said "no tunnel was up"'

system
installed
outside modprobe wireguard
: >"$root/calls"
echo '7: wg0: <UP>' >"$root/links"
removed
test_point "removal under a tunnel: ours stays until later" '[[ $(<"$running/srcversion") == OURS ]]' \
	'! called rmmod' 'said "tunnels are up: wg0"' '[[ -e $root/run/reboot-required ]]' stock_back

system
installed
outside modprobe wireguard
: >"$root/calls"
removed upgrade
test_point "before an upgrade the copy stays and nothing is unloaded" stock_back '[[ -e $kept/wireguard.ko ]]' \
	'! called rmmod'
sed -i 's/OURS/OURS2/' "$root/ours"
installed
test_point "after it the new one runs" '[[ $(<"$running/srcversion") == OURS2 ]]'

# --- initial file systems

image_with()
{
	echo "$1" >"$root/boot/initrd.img-$kernel"
	touch -d '1 hour ago' "$root/boot/initrd.img-$kernel"
}

system
image_with usr/lib/modules/x/kernel/drivers/net/wireguard/wireguard.ko
installed
test_point "one that has a wireguard in it is made anew" 'called "update-initramfs -u -k $kernel"'
: >"$root/calls"
touch "$root/boot/initrd.img-$kernel"
touch -d '1 minute ago' "$mod/updates/dkms/wireguard.ko"
run after-install
test_point "but not when it is younger than ours" '! called update-initramfs'
removed
test_point "and again on removal" 'called "update-initramfs -u -k $kernel"'

system
image_with usr/lib/modules/x/kernel/fs/ext4/ext4.ko
installed
removed
test_point "one that has none is left alone" '! called update-initramfs'

system
image_with /wireguard.ko.xz
export FAKE_NO_SPACE=1
installed
test_point "a failure there is reported" 'said "that failed: no space left"'
test_point "and the copy that it could not make leaves the room that there was" '[[ ! -e $root/boot/initrd.img-$kernel.dpkg-bak ]]'

system
export FAKE_NO_SPACE=1
image_with /wireguard.ko.xz
echo whole >"$root/boot/initrd.img-$kernel.dpkg-bak"
installed
test_point "what was there before stays" '[[ -e $root/boot/initrd.img-$kernel.dpkg-bak ]]'

system
secure
image_with usr/lib/modules/x/updates/dkms/wireguard.ko
installed
test_point "it is made anew when ours gives way" stock_back 'called "update-initramfs -u -k $kernel"'
touch "$root/boot/initrd.img-$kernel"
: >"$root/calls"
run after-install
test_point "and once" '! called update-initramfs'

system
export FAKE_REFUSE=1
image_with usr/lib/modules/x/updates/dkms/wireguard.ko
loaded
run before-install
run build
touch -d '1 minute ago' "$mod/updates/dkms/wireguard.ko"
touch -d '30 seconds ago' "$root/boot/initrd.img-$kernel"
run after-install
test_point "also when the kernel does not take ours" stock_back 'called "update-initramfs -u -k $kernel"'

system
installed
image_with usr/lib/modules/x/updates/dkms/wireguard.ko
rm "$mod/updates/dkms/wireguard.ko"
outside depmod "$kernel"
touch "$root/fails-to-build"
run kernel-installed "$kernel"
test_point "and when ours is no longer named" stock_back 'called "update-initramfs -u -k $kernel"'

system
rm "$own"
run build
image_with usr/lib/modules/x/updates/dkms/wireguard.ko
removed
test_point "and on removal where the kernel has none of its own" 'called "update-initramfs -u -k $kernel"'

# --- what DKMS keeps is damaged

for note in whole none empty cut; do
	system
	export FAKE_DKMS=exact
	installed
	head -c 20 "$archive/wireguard.ko" >"$root/cut"
	mv "$root/cut" "$archive/wireguard.ko"
	case $note in
	none) rm "$archive/wireguard.ko.origin" ;;
	empty) : >"$archive/wireguard.ko.origin" ;;
	cut) echo "${own%/net*}" >"$archive/wireguard.ko.origin" ;;
	esac
	stock_module "$own"
	run kernel-changes "$kernel"
	test_point "cut short, and the kernel's own is there (its note: $note): replaced" \
		'[[ $(sum "$archive/wireguard.ko") == "$stock_sum" ]]' 'said "a damaged module of its own: mended"' \
		'[[ $note == none || $(<"$archive/wireguard.ko.origin") == "$own" ]]'
done

system
export FAKE_DKMS=exact
installed
head -c 20 "$archive/wireguard.ko" >"$root/cut"
mv "$root/cut" "$archive/wireguard.ko"
echo "$mod/extra/wireguard.ko" >"$archive/wireguard.ko.origin"
stock_module "$own"
run kernel-changes "$kernel"
test_point "but not what was elsewhere" '[[ $(stat -c %s "$archive/wireguard.ko") == 20 ]]' '! said mended'

# --- the copy

system
standin sync <<'END'
[[ ! -e $r/full ]] || { echo "sync: error syncing '$1': No space left on device" >&2; exit 1; }
END
run before-install
test_point "the copy is on the disk before it counts" 'called "^sync .*/stock/.new-$kernel/wireguard.ko"'
stock_module "$own" NEWER
touch "$root/full"
run before-install
rm "$work/standins/sync"
older=$stock_sum
stock_sum=$(sum "$own")
test_point "one that does not get there does not replace an older one" \
	'[[ $(sum "$kept/wireguard.ko") == "$older" ]]' '[[ $(echo "${kept%/*}"/.[no]*) == *"*" ]]' \
	'said "no copy of its own module could be made in /var/lib/wireguard-reorder/stock: .*No space left"'
run may-install "$kernel"
test_point "with room for it ours may be installed" '[[ $(sum "$kept/wireguard.ko") == $(sum "$own") ]]'
stock_module "$own" NEWEST
stock_sum=$(sum "$own")
older=$(sum "$kept/wireguard.ko")
standin cp <<'END'
PATH=${PATH#*:} command cp "$@" && echo cut >"${!#}"
END
run may-install "$kernel"
rm "$work/standins/cp"
[[ $status == 1 ]]; status=$?
test_point "nor is what was cut short and not noticed by cp" '[[ $(sum "$kept/wireguard.ko") == "$older" ]]' \
	'said "without a whole copy"' 'said "could be made in .*: what was written is not what was read"'
mkdir "$root/elsewhere"
mv "$root/var/lib/wireguard-reorder" "$root/elsewhere"
: >"$root/var/lib/wireguard-reorder"
run may-install "$kernel"
[[ $status == 1 ]]; status=$?
test_point "without one DKMS is told not to install ours" 'said "without a whole copy"' 'said "free space"'
registered
run kernel-arrives "$kernel"
test_point "and not asked to, nor does it by itself for a new kernel" '! called "dkms install"' '[[ -z $(autoinstall) ]]'
run kernel-installed "$kernel"
test_point "the reason is given" 'said "there is no whole copy of its own module, so ours is not built"' \
	'said "then dkms install -m wireguard-reorder -v $version -k $kernel"' stock_back
rm "$own"
run may-install "$kernel"
test_point "a kernel without a module of its own needs none"

system
installed
touch "$root/lists-nothing"
removed
test_point "where a depmod had no room for its list, it is made again" stock_back

system
installed
mv "$kept" "${kept%/*}/.old-$kernel"
rm "$own"
removed
test_point "a copy whose replacement was cut off counts" stock_back

# What DKMS reads of dkms.conf: VARIABLE
of_dkms_conf()
{
	bash -c 'kernelver=$2; . "$1/dkms.conf"; echo "${!3}"' - "$top" "$kernel" "$1"
}

asks=$(of_dkms_conf PRE_INSTALL)
test_point "DKMS asks before it installs, with the kernel's name" '[[ $asks == "pre-install $kernel" ]]' \
	'[[ -x $top/src/dist/${asks% *} ]]'
test_point "no feature of DKMS that it calls deprecated" '[[ $(of_dkms_conf CLEAN) == true ]]'

# --- full disks

# big: modules of many pages, so that there is much to be cut short.
big()
{
	sed -i "s/^readable/$(head -c 30000 /dev/zero | tr '\0' s)\n&/" "$own"
	sed -i "s/^readable/$(head -c 50000 /dev/zero | tr '\0' o)\n&/" "$root/ours"
	stock_sum=$(sum "$own")
}

# disk WHERE: have that folder of the system (nothing for all of it) on a file system
# of its own.
disk()
{
	mkdir -p "$work/aside" "$root/$1"
	mv "$root/$1"/* "$work/aside" 2>/dev/null
	mount -t tmpfs -o size=2m tmpfs "$root/$1"
	mv "$work/aside"/* "$root/$1" 2>/dev/null
	filler=$root/$1/filler
}

# room PAGES: leave so much room there.
room()
{
	local free

	rm -f "$filler"
	free=$(stat -f -c %a "${filler%/*}")
	[[ $free -lt $1 ]] || head -c $(((free - $1) * 4096)) /dev/zero >"$filler"
}

# whole_again: with room, everything is as it was before our package came.
whole_again()
{
	rm -f "$filler"
	removed
	[[ $status == 0 ]] && stock_back
}

# no_harm: either ours is there, all of it, and there is a copy of the kernel's own; or
# that is where it was, and something is said.
no_harm()
{
	if names_ours; then
		cmp -s "$(<"$mod/named")" "$root/ours" && [[ $(sum "$kept/wireguard.ko") == "$stock_sum" ]]
	else
		stock_back && said 'free space'
	fi
}

# full STEP WHERE: the step with more and more room, where DKMS looks at nothing.
full()
{
	local pages bad='' harm rc=0

	for pages in 0 4 8 10 12 16 24 28 36; do
		system
		[[ -n $2 ]] || disk ''
		big
		[[ -z $2 ]] || disk "$2"
		export FAKE_DKMS=cut
		case $1 in
		install) room "$pages"; installed; no_harm ;;
		upgrade)
			installed
			room "$pages"
			removed upgrade
			cat "$work/said" >"$work/before"
			installed
			cat "$work/before" >>"$work/said"
			no_harm ;;
		arrival)
			registered
			room "$pages"
			run kernel-arrives "$kernel"
			cat "$work/said" >"$work/before"
			run kernel-installed "$kernel"
			cat "$work/before" >>"$work/said"
			no_harm ;;
		remove) installed; room "$pages"; removed; stock_back ;;
		esac || bad="$bad $pages"
		[[ $status == 0 ]] && whole_again || bad="$bad $pages(after)"
		umount "$root/$2" 2>/dev/null
	done
	[[ -z $bad ]] || echo "# with so many pages of room:$bad"
	[[ -z $bad ]]; status=$?
	test_point "$1 with a disk that gets full (${2:-all of it}): nothing is lost, and it is said"
}

if [[ ${WGR_UNSHARED:-} == mount ]]; then
	for step in install upgrade arrival remove; do
		full "$step" ''
		full "$step" var
	done
	full install lib
else
	number=$((number + 1))
	echo "ok $number - full disks # SKIP no file systems can be mounted here"
fi

# elsewhere FILE [CONTENTS]: an older image of the kernel at another place.
elsewhere()
{
	mkdir -p "$root/${1%/*}"
	echo "${2-usr/lib/modules/x/updates/dkms/wireguard.ko}" >"$root/$1"
	touch -d '1 hour ago' "$root/$1"
}

standin kernel-install <<'END'
END
for place in boot/0123 boot/efi/0123 efi/0123 boot/efi/debian; do
	system
	elsewhere "$place/$kernel/initrd"
	elsewhere "$place/9.8/initrd"
	installed
	test_point "one where systemd-boot has it ($place)" 'said "/$place/$kernel/initrd has a wireguard in it and is made anew"' \
		'called "kernel-install add $kernel $mod/vmlinuz"' '! called "update-initramfs"'
done
for place in boot boot/efi efi; do
	system
	elsewhere "$place/EFI/Linux/0123-$kernel.efi"
	elsewhere "$place/EFI/Linux/0123-${kernel}0.efi"
	installed
	test_point "a unified image that cannot be looked into is mentioned ($place)" '! called "kernel-install"' \
		'said "/$place/EFI/Linux/0123-$kernel.efi cannot be looked into"' '! said "${kernel}0.efi"'
	standin lsinitrd <<'END'
cat "$1"
END
	elsewhere "$place/EFI/Linux/0123-$kernel.efi"
	run after-install
	rm "$work/standins/lsinitrd"
	test_point "and with lsinitrd made anew ($place)" 'called "kernel-install add $kernel"'
done
system
elsewhere "boot/0123/$kernel/initrd"
KERNEL_INSTALL_MACHINE_ID=0123 installed
test_point "not while kernel-install runs" '! called "kernel-install"'
system
image_with usr/lib/modules/x/updates/dkms/wireguard.ko
elsewhere "boot/0123/$kernel/initrd"
installed
test_point "nor where it is a copy of the one in /boot" '! called "kernel-install"' 'called update-initramfs'
rm "$work/standins/kernel-install"
system
elsewhere "boot/0123/$kernel/initrd"
installed
test_point "without kernel-install that is said" 'said "that failed: kernel-install is not there"' 'said "to mend"'

# --- new kernels

system
export FAKE_DKMS=exact
registered
outside dkms install -m wireguard-reorder -v "$version" -k "$kernel"
run kernel-installed "$kernel"
test_point "after DKMS has built for a new kernel: copy and word" '[[ $(<"$kept/sha256") == "$stock_sum" ]]' \
	'said "ours will be loaded"'

system
loaded
registered
outside dkms install -m wireguard-reorder -v "$version" -k "$kernel"
run kernel-installed "$kernel"
test_point "headers came later, for the running kernel: ours runs at once" '[[ $(<"$running/srcversion") == OURS ]]'

system
run kernel-installed "$kernel"
test_point "nothing is said while the package is not set up" '[[ ! -s $work/said ]]'
run kernel-installed 0.0-none
test_point "nor of a kernel that is not there" '[[ ! -s $work/said ]]'

system
installed
rm "$mod/named" "$mod/modules.dep"
run kernel-installed "$kernel"
test_point "nor of one whose own package has not been set up" '[[ ! -s $work/said ]]'
run after-install
# Of the kernel's package dpkg says $1.
kernel_package()
{
	standin dpkg-query <<END
case \$1 in
-S) echo "linux-image-x, linux-image-y: /usr/lib/modules/$kernel/modules.order" ;;
-W) echo $1 ;;
esac
END
}
for state in unpacked half-configured; do
	kernel_package "$state"
	run after-install
	test_point "nor is there an alarm if it is the package's turn ($state)" '! said "to mend"' \
		'said "kernel $kernel: its package has not been set up yet; what it will load is told then"'
	rm -rf "$mod/updates" "$tree"
	run after-install
	test_point "whatever there is for it ($state)" '! said "to mend"' '[[ $(wc -l <"$work/said") == 1 ]]'
	run build
	rm "$mod/named" "$mod/modules.dep"
done
kernel_package installed
run after-install
rm "$work/standins/dpkg-query"
test_point "unless its turn is over: its modules are not listed" 'said "have not been listed"'
run after-install
test_point "unless ours is: its modules are not listed" 'said "have not been listed"' 'said "or: depmod $kernel"'

# What DKMS reads of dkms.conf while its scripts run.
autoinstall()
{
	bash -c '. <(sed "s|/run/|$1/run/|" "$2/dkms.conf"); echo "$AUTOINSTALL"' - "$root" "$top"
}

system
registered
run kernel-arrives "$kernel"
test_point "a new kernel that ours is built for before DKMS does: installed" names_ours \
	'[[ $(autoinstall) == yes && $(<"$kept/sha256") == "$stock_sum" ]]'
run kernel-arrives "$kernel"
test_point "and not built again" '[[ $(grep -c "dkms install" "$root/calls") == 1 ]]'

system
registered
touch "$root/fails-to-build"
run kernel-arrives "$kernel"
test_point "one that it cannot be built for: DKMS is to leave it alone" '[[ -z $(autoinstall) ]]' stock_back
echo 'kernel 9.8-other' >"$tree/$version/build/make.log"
run kernel-installed "$kernel"
test_point "until its scripts are through; the log is kept and told" '[[ $(autoinstall) == yes ]]' \
	'[[ ! -e $root/run/wireguard-reorder ]]' 'said "/var/lib/wireguard-reorder/failed/$kernel says why"' \
	'said "main.c:1:2: error: no such thing"'
run kernel-arrives "$kernel"
run kernel-changes "$kernel"
test_point "nor is it left alone when a kernel goes" '[[ $(autoinstall) == yes ]]'
rm "$root/fails-to-build"
run kernel-arrives "$kernel"
run kernel-installed "$kernel"
test_point "a later one that it is built for: the log goes" names_ours '[[ ! -e $root/var/lib/wireguard-reorder/failed ]]'

system
registered
touch "$root/fails-to-build"
run kernel-arrives "$kernel"
run kernel-removed "$kernel"
test_point "with the kernel the log goes" '[[ ! -e $root/var/lib/wireguard-reorder ]]'

system
secure
installed
: >"$root/calls"
run kernel-starts "$kernel"
test_point "a start of the system: what had to give way does so again, and DKMS is to leave it" stock_back \
	'said "ours would be refused"' '[[ -z $(autoinstall) ]]'
export FAKE_KEY='is already enrolled'
run kernel-starts "$kernel"
test_point "its key has been enrolled: it is back" names_ours '[[ $(autoinstall) == yes ]]'

system
mv "$mod/build" "$root"
installed
mv "$root/build" "$mod"
run kernel-starts "$kernel"
test_point "headers have come since: it is built" names_ours 'said "ours will be loaded"'
run kernel-starts "$kernel"
test_point "and not again" names_ours '[[ $(grep -c "dkms install" "$root/calls") == 1 ]]'

system
touch "$root/fails-to-build"
installed
: >"$root/calls"
run kernel-starts "$kernel"
test_point "what could not be built is not tried at a start, and said" stock_back '! called "dkms install"' \
	'said "could NOT be built"' '[[ -z $(autoinstall) ]]'

system
run kernel-starts "$kernel"
test_point "nothing happens at a start while the package is not set up" '[[ ! -s $work/said ]]' \
	'[[ $(autoinstall) == yes ]]'

system
registered
rm -r "$mod/kernel" "$mod/modules.order"
run kernel-arrives "$kernel"
test_point "headers of a kernel that is not there: nobody builds for it" '! called "dkms install"' '[[ -z $(autoinstall) ]]'
run kernel-installed "$kernel"
test_point "until that is over" '[[ $(autoinstall) == yes ]]'

for missing in headers no-autoinstall sources; do
	system
	mkdir -p "$root/etc/dkms"
	registered
	case $missing in
	headers) rm -r "$mod/build" ;;
	no-autoinstall) touch "$root/etc/dkms/no-autoinstall" ;;
	sources) rm -r "${tree:?}/$version" ;;
	esac
	run kernel-arrives "$kernel"
	test_point "nothing is built for a new kernel ($missing)" '! called "dkms install"' '[[ $(autoinstall) == yes ]]'
done

system
registered
touch "$root/fails-to-build"
run kernel-arrives "$kernel"
rm "$root/fails-to-build"
run before-install
test_point "nor when the package is installed after that was cut off" '[[ $(autoinstall) == yes ]]'

system
touch "$root/fails-to-build"
installed
removed
test_point "nothing is left of what could not be built" '[[ ! -e $root/var/lib/wireguard-reorder ]]' stock_back

# arrived FILE...: what rpm's trigger is told after a transaction.
arrived()
{
	printf '%s\n' "$@" >"$work/files"
	run kernel-files <"$work/files"
}

system opensuse
registered
arrived "/usr/lib/modules/$kernel/modules.order" "/lib/modules/$kernel/kernel/fs/x.ko" /usr/lib/modules/0.0-none/x
test_point "files of a kernel have come, and nobody has called: built, told" names_ours \
	'[[ $(<"$kept/sha256") == "$stock_sum" && $(wc -l <"$work/said") == 1 ]]' 'said "ours will be loaded"'
: >"$root/calls"
arrived "/usr/lib/modules/$kernel/modules.order"
test_point "and nothing again" '! called dkms' '[[ ! -s $work/said ]]'

system opensuse
registered
rm -r "$mod/build"
arrived "/lib/modules/$kernel/modules.order"
test_point "without headers that is said on SUSE" 'said "headers are not installed"' stock_back

system fedora
registered
arrived "/usr/src/kernels/$kernel/Makefile"
test_point "headers have come alone: built, told" names_ours 'said "ours will be loaded"'

for before in no-headers failed; do
	system fedora
	registered
	case $before in
	no-headers) rm -r "$mod/build" ;;
	failed)     touch "$root/fails-to-build"; run kernel-arrives "$kernel" ;;
	esac
	: >"$root/calls"
	arrived "/usr/lib/modules/$kernel/modules.order"
	test_point "what a kernel's own scripts have said is not said again ($before)" '! called "dkms install"' '[[ ! -s $work/said ]]'
done

system opensuse
arrived "/usr/lib/modules/$kernel/modules.order"
test_point "while the package is not set up, no more than a copy is made" '[[ $(<"$kept/sha256") == "$stock_sum" ]]' \
	'! called dkms' '[[ ! -s $work/said ]]'
arrived "/usr/lib/modules" "/somewhere/else" "lib/modules/$kernel/x"
test_point "other files are nobody's" '[[ ! -s $work/said && $status == 0 ]]'

system opensuse
installed
mkdir -p "$tree/$version/9.8-gone/x86_64" "$tree/original_module/9.8-gone/x86_64" "$root/lib/modules/9.8-gone"
cp -R "$kept" "${kept%/*}/9.8-gone"
: >"$root/calls"
run kernels-gone
test_point "of a kernel that rpm has removed nothing stays" '[[ -e $kept && ! -e ${kept%/*}/9.8-gone ]]' \
	'called "dkms unbuild .*-k 9.8-gone"' '[[ ! -e $tree/original_module/9.8-gone ]]' '! called "dkms unbuild .*-k 9.9"' names_ours

# --- what an earlier installation has left in DKMS

# only_ours: of all versions DKMS knows this one, and it is installed.
only_ours()
{
	names_ours && [[ $(echo "$tree"/[0-9]*) == "$tree/$version" && -L $tree/kernel-$kernel-x86_64 ]]
}

for how in stay exact; do
	for kind in gone dangling sourceless broken empty misnamed cut-short older newer link file; do
		system
		export FAKE_DKMS=$how
		case $kind in
		gone)       registered 0.9; rm -r "$root/usr/src/wireguard-reorder-0.9" ;;
		dangling)   mkdir -p "$tree/$version"; ln -s "$root/elsewhere" "$tree/$version/source" ;;
		sourceless) mkdir -p "$tree/$version/$kernel/x86_64/module" "$tree/0.9/build" ;;
		broken)     registered 0.9; echo 'PACKAGE_NAME="' >>"$root/usr/src/wireguard-reorder-0.9/dkms.conf" ;;
		empty)      registered 0.9; : >"$root/usr/src/wireguard-reorder-0.9/dkms.conf" ;;
		misnamed)   registered 0.9; sources 0.8; cp "$root/usr/src/wireguard-reorder-0."{8,9}/dkms.conf ;;
		cut-short)
			# Installed from what is gone since, as after a power failure.
			registered 0.9
			outside dkms install -m wireguard-reorder -v 0.9 -k "$kernel"
			run before-remove
			rm -r "$root/usr/src/wireguard-reorder-0.9" "$tree/0.9/$kernel" ;;
		older|newer)
			v=$([[ $kind == older ]] && echo 0.9 || echo 99.0)
			registered "$v"
			outside dkms install -m wireguard-reorder -v "$v" -k "$kernel" ;;
		link)       mkdir -p "$tree"; ln -s "0.9/$kernel/x86_64" "$tree/kernel-$kernel-x86_64" ;;
		file)       mkdir -p "$tree/0.9"; : >"$tree/0.9/source" ;;
		esac
		sources "$version"
		installed
		test_point "DKMS has something of ours from before ($kind, $how): that goes" only_ours \
			'[[ $(<"$kept/sha256") == "$stock_sum" ]]' 'outside dkms autoinstall'
		removed
		test_point "and in the end all of it ($kind, $how)" stock_back '[[ ! -e $tree ]]'
	done
done

for command in kernel-arrives kernel-changes kernel-starts; do
	system
	export FAKE_DKMS=exact
	installed
	rm -r "$root/usr/src/"wireguard-reorder-*
	run "$command" "$kernel"
	test_point "the sources are deleted from under DKMS: no kernel's package fails at that ($command)" \
		'outside dkms autoinstall' names_ours 'said "to mend: reinstall the package wireguard-reorder-dkms"'
	sources "$version"
	installed
	test_point "and installing again mends it ($command)" only_ours '[[ $(<"$kept/sha256") == "$stock_sum" ]]'
	removed
	test_point "with the kernel's own module in the end ($command)" stock_back '[[ ! -e $tree ]]'
done

for lost in archive tree; do
	system
	export FAKE_DKMS=exact
	installed
	case $lost in
	archive) rm -r "$tree/original_module" ;;
	tree)    rm -r "$tree" ;;
	esac
	installed
	test_point "what DKMS had moved away is lost ($lost): installing again" names_ours '[[ $(<"$kept/sha256") == "$stock_sum" ]]'
	removed
	test_point "and removing brings it back ($lost)" stock_back
done

# --- what the .deb's own scripts do around the program, where DKMS's part of it builds
# for the running kernel only

# deb_script NAME WORDS...: it, with those of DKMS in the place of what debhelper puts there.
deb_script()
{
	local part

	case $1 in
	postinst)
		part='[ "$1" != configure ] || { dkms add -m wireguard-reorder -v VERSION; dkms install -m wireguard-reorder -v VERSION -k "$(uname -r)"; }' ;;
	prerm) part='dkms remove -m wireguard-reorder -v VERSION --all' ;;
	esac
	sed -e "s|^package=.*|package=$work/program|" "$top/debian/wireguard-reorder-dkms.$1" |
		part=${part//VERSION/$version} awk '/#DEBHELPER#/ { $0 = ENVIRON["part"] } { print }' >"$work/script"
	status=0
	outside sh "$work/script" "${@:2}" >"$work/said" 2>&1 || status=$?
}

system
other=$root/lib/modules/9.8.0-1-amd64
mkdir -p "$other"/{kernel,build/include}
deb_script postinst configure ''
test_point "the .deb installs for all kernels" names_ours '[[ -e $other/updates/dkms/wireguard.ko ]]'
deb_script prerm upgrade 99
test_point "an upgrade takes it from them" stock_back '[[ ! -e $other/updates/dkms/wireguard.ko ]]'
sed -i 's/OURS/OURS2/' "$root/ours"
deb_script postinst configure 0.9
test_point "and all that had it have it again" 'grep -q OURS2 "$(<"$mod/named")"' 'grep -q OURS2 "$other/updates/dkms/wireguard.ko"' \
	'said "kernel 9.8.0-1-amd64: ours will be loaded"'

# --- prebuilt modules, which packages bring

# prebuilt COMMAND...: the program as the packages of "make kmod" have it.
sed 's/^form=.*/form=prebuilt/' "$work/program" >"$work/prebuilt"
chmod +x "$work/prebuilt"
prebuilt()
{
	status=0
	PATH=$work/standins:$work/tools WGR_ROOT=$root "$work/prebuilt" "$@" >"$work/said" 2>&1 || status=$?
}

# brought KVER [FOLDER]: the package's files are there.
brought()
{
	mkdir -p "$root/lib/modules/$1/${2:-updates}/wireguard-reorder"
	cp "$root/ours" "$root/lib/modules/$1/${2:-updates}/wireguard-reorder/wireguard.ko"
}

system
brought "$kernel"
prebuilt module-installed "$kernel"
test_point "a package has brought ours: a copy is kept, and ours will be loaded" names_ours \
	'cmp -s "$own" "$kept/wireguard.ko"' 'said "ours will be loaded"' '! called "^dkms"'
sed -i 's/OURS/OURS2/' "$mod/updates/wireguard-reorder/wireguard.ko"
prebuilt module-left "$kernel"
test_point "an upgrade leaves all as it is" names_ours 'grep -q OURS2 "$(<"$mod/named")"' '[[ -e $kept ]]'
rm "$mod/updates/wireguard-reorder/wireguard.ko"
rmdir "$mod/updates/wireguard-reorder"
prebuilt module-left "$kernel"
test_point "it is gone: the kernel's own is back, and no copy stays" stock_back '[[ ! -e $root/var/lib/wireguard-reorder ]]' \
	'[[ ! -e $mod/updates ]]'

system
brought "$kernel"
rm "$own"
prebuilt module-installed "$kernel"
stock_module "$own"
stock_sum=$(sum "$own")
prebuilt module-installed "$kernel"
echo damage >"$own"
rm -r "$mod/updates"
prebuilt module-left "$kernel"
test_point "the kernel's own was changed meanwhile: the copy is put back" stock_back 'said "has been put back"'

system
brought 9.8.0-1-amd64
mkdir -p "$root/lib/modules/9.8.0-1-amd64/kernel"
prebuilt module-installed 9.8.0-1-amd64
test_point "it is for another kernel than the one that runs: that is said" stock_back \
	'said "kernel $kernel, which runs, is not the one that this module is for [(]9.8.0-1-amd64[)]"' \
	'said "to mend: restart into 9.8.0-1-amd64, or install the package wireguard-reorder-modules-$kernel"'
prebuilt kernel-installed "$kernel"
test_point "a kernel comes that there is none for: that is said" 'said "no prebuilt module of ours is there for it"' \
	'said "make kmod KDIR="' '[[ ! -e $kept ]]'

# What the running kernel refuses must not leave it without any.
system
brought "$kernel"
mkdir -p "$root/sys/module/module/parameters"
echo Y >"$root/sys/module/module/parameters/sig_enforce"
sed -i '/^signer/d' "$mod/updates/wireguard-reorder/wireguard.ko"
prebuilt module-installed "$kernel"
test_point "not signed, and the kernel insists: its own goes before ours, whose file stays" \
	'said "ours would be refused.*not signed"' 'said "MODSIGNKEY"' '[[ -e $mod/updates/wireguard-reorder/wireguard.ko ]]' \
	'grep -x "override wireguard 9\[.\]9\[.\]0-1-amd64 kernel/drivers/net/wireguard" "$root/etc/depmod.d/wireguard-reorder.held-$kernel.conf"'
echo 'signer: somebody' >>"$mod/updates/wireguard-reorder/wireguard.ko"
export FAKE_KEY='is already enrolled'
prebuilt module-installed "$kernel"
test_point "a signed one is let through again" '[[ ! -e $root/etc/depmod.d/wireguard-reorder.held-$kernel.conf ]]' \
	'said "ours will be loaded"'

system
brought "$kernel"
mkdir -p "$root/sys/module/module/parameters"
echo Y >"$root/sys/module/module/parameters/sig_enforce"
mkdir -p "$root/sys/firmware/efi/efivars"
printf '\6\0\0\0\1' >"$root/sys/firmware/efi/efivars/SecureBoot-1"
export FAKE_KEY='is not enrolled'
prebuilt module-installed "$kernel"
test_point "signed with a key that is not enrolled: the one beside it is named" \
	'said "mokutil --import /lib/modules/$kernel/updates/wireguard-reorder/certificate.der"'

# Where kernels borrow (RHEL and its relatives).
standin weak-modules <<'END'
read -r f
for d in "$r"/lib/modules/9.9.0-2*; do
	case $1 in
	--add-modules) mkdir -p "$d/weak-updates/wireguard-reorder"; ln -sf "$f" "$d/weak-updates/wireguard-reorder" ;;
	--remove-modules) rm -f "$d/weak-updates/wireguard-reorder/wireguard.ko" ;;
	esac
done
END
system almalinux
later=$root/lib/modules/9.9.0-2-amd64
mkdir -p "$later/kernel"
stock_module "$later/kernel/drivers/net/wireguard/wireguard.ko"
brought "$kernel" extra
prebuilt module-installed "$kernel"
test_point "another kernel borrows it: a copy of that one's own is kept, and it is told of it" \
	'called "weak-modules --add-modules --no-initramfs"' '[[ -e $root/var/lib/wireguard-reorder/stock/9.9.0-2-amd64/wireguard.ko ]]' \
	'said "kernel 9.9.0-2-amd64:"'
rm -r "$mod/extra"
prebuilt module-left "$kernel"
test_point "it is gone from both" stock_back '[[ $(<"$later/named") == "$later/kernel/drivers/net/wireguard/wireguard.ko" ]]' \
	'[[ ! -e $later/weak-updates ]]' '[[ ! -e $root/var/lib/wireguard-reorder ]]'
rm "$work/standins/weak-modules"

# --- the note about Secure Boot

# enrolled DESCRIPTION WANTED: what is printed on this machine.
enrolled()
{
	status=0
	PATH=$work/standins:$work/tools WGR_ROOT=$root "$work/program" not-enrolled >"$work/said" 2>&1 || status=$?
	test_point "$1" "[[ \$(<\"\$work/said\") == '$2' ]]"
}

# firmware on|off
firmware()
{
	local value='\1'

	[[ $1 == on ]] || value='\0'
	mkdir -p "$root/sys/firmware/efi/efivars" "$root/var/lib/dkms"
	# shellcheck disable=SC2059
	printf "\\6\\0\\0\\0$value" >"$root/sys/firmware/efi/efivars/SecureBoot-1"
	: >"$root/var/lib/dkms/mok.pub"
}

system
firmware on
export FAKE_KEY='is not enrolled'
enrolled "Secure Boot is on and the key is not enrolled: that is worth a note" /var/lib/dkms/mok.pub
export FAKE_KEY='is already enrolled'
enrolled "it is enrolled: none" ''
export FAKE_KEY='is already in the enrollment request'
enrolled "it is about to be: none" ''
export FAKE_KEY='is not enrolled'
firmware off
enrolled "Secure Boot is off: none" ''
firmware on
rm "$root/var/lib/dkms/mok.pub"
enrolled "DKMS has made no key: none" ''
firmware on
touch "$root/.dockerenv"
enrolled "this is a container: none" ''
rm "$root/.dockerenv"
mv "$work/standins/mokutil" "$work"
enrolled "without mokutil: none" ''
mv "$work/mokutil" "$work/standins"

# --- DKMS

system
registered 1.0.5
registered 1.0.9
mkdir "$tree/original_module"
run unbuild
test_point "all versions of ours are taken out" 'called "remove .*-v 1.0.5"' 'called "remove .*-v 1.0.9"'

system
export FAKE_DKMS=fail
installed
test_point "a DKMS that does not work: reported, status 0" 'said "does not take the sources"' stock_back

system
mv "$work/standins/dkms" "$work"
installed
removed
mv "$work/dkms" "$work/standins"
test_point "a DKMS that is not there: status 0" stock_back

system
mv "$work/tools/sha256sum" "$work/tools/cut" "$work"
for command in before-install after-install before-remove after-remove; do
	run "$command"
	test_point "tools that are not there: $command ends with 0" 'true'
done
mv "$work/sha256sum" "$work/cut" "$work/tools"

# Without sbin in its path, as after "su".
system
mkdir -p "$root/usr/sbin"
mv "$work/standins/dkms" "$work/standins/depmod" "$root/usr/sbin"
installed
removed
mv "$root/usr/sbin"/* "$work/standins"
test_point "DKMS and depmod are found in sbin" stock_back 'called "dkms install"' 'called "dkms remove"'

# What is left when there is nobody to be asked any more.
for words in "kernel-removed $kernel" "after-remove upgrade" "kernel-starts $kernel" after-remove kernel-files; do
	system
	mv "$work/tools/rm" "$work"
	case $words in
	after-remove) again='install wireguard-reorder-dkms once more and remove it' ;;
	kernel-files) again="ls -d .*/lib/modules/[*]/[*] [|] sh -x $work/program kernel-files" ;;
	*) again="sh -x $work/program $words" ;;
	esac
	# Words on purpose.
	# shellcheck disable=SC2086
	run $words <<<"/lib/modules/$kernel/kernel/x.ko"
	mv "$work/rm" "$work/tools"
	test_point "an error that nobody thought of is reported, status 0, and how to repeat it: $words" \
		'said "did not come to its end"' "said 'to mend: $again\$'"
done
system
rm "$work/tools/rm"
status=0
PATH=$work/standins:$work/tools WGR_ROOT=$root WGR_AGAIN='make uninstall' "$work/program" after-remove >"$work/said" 2>&1 || status=$?
test_point "by who has called, if that is not the package" 'said "to mend: make uninstall\$"'

echo "1..$number"
exit "$failed"
