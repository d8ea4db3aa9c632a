# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# shellcheck disable=SC2034,SC2154
#
# The systems of matrix.sh, which reads this: what a package manager and a kernel's package do on
# each. Names are those of Debian releases, with apt, and of what a Debian root
# with dnf and rpm poses as, since DKMS goes by /etc/os-release.

all_systems=(bookworm trixie fedora rhel opensuse bullseye sid)

# system_prepare SYSTEM: set $base (a root from the cache), $arrivals (what comes
# later), $k1 and $k2 (versions of their kernels), $added (DKMS's folder), $kind.
system_prepare()
{
	kind=deb added=updates/dkms suite=$1
	case $1 in
	fedora|rhel) kind=rpm added=extra suite=trixie ;;
	opensuse)    kind=rpm added=updates suite=trixie ;;
	esac
	if [[ $kind == rpm ]]; then
		base=$(root_of "$suite" dnf rpm)
	else
		base=$(root_of "$suite")
	fi
	arrivals=$(arrivals_of "$suite")
	k1=$(<"$arrivals/first/version")
	k2=$(<"$arrivals/second/version")
	[[ -d $base/lib/modules/$k1 ]] || { echo "the root has another kernel than $k1"; return 1; }
}

# package_file NAME: of ours, where the system finds it.
package_file()
{
	local f

	case $1 in
	real)    f=$(variant "$kind" "$ours" whole) ;;
	standin) f=$(variant "$kind" "$ours" standin) ;;
	old)     f=$(variant "$kind" "$old" standin) ;;
	next)    f=$(variant "$kind" "$next" standin) ;;
	esac || return
	mkdir -p "$sys/packages/$1"
	cp "$f" "$sys/packages/$1"
	echo "/packages/$1/${f##*/}"
}

# bring FOLDER: what arrives, where the system finds it.
bring()
{
	mkdir -p "$sys/packages"
	cp -R "$arrivals/$1" "$sys/packages"
}

apt()
{
	in_root apt-get -y -o Dpkg::Options::=--force-confnew "$@"
}

dnf()
{
	in_root dnf -y --releasever=1 --setopt=gpgcheck=0 --setopt=install_weak_deps=False "$@"
}

# alone COMMAND...: one of these functions, with all it starts in a namespace of
# processes, so that it can be killed as a power failure does.
alone()
{
	local alone='exec unshare --pid --fork --kill-child=KILL'

	"$@"
}

# What a system is like before the tests: the fewest surprises from outside.
system_begin()
{
	mkdir -p "$sys/packages"
	printf 'force-unsafe-io\n' >"$sys/etc/dpkg/dpkg.cfg.d/tests"
	# That takes longer than all the rest; quick.sh and boot.sh have systems that do it.
	[[ ! -d $sys/etc/initramfs-tools ]] || echo 'update_initramfs=no' >"$sys/etc/initramfs-tools/update-initramfs.conf"
	printf '%s\n' 'APT::Install-Recommends "false";' 'APT::Get::AllowUnauthenticated "true";' \
		>"$sys/etc/apt/apt.conf.d/99tests"
	[[ $kind == rpm ]] || return 0
	pose
	# Folders that belong to packages there.
	mkdir -p "$sys"/usr/lib/{depmod.d,kernel/install.d} "$sys/usr/share/licenses"
	dependencies "$sys/packages/dependencies"
	dnf install /packages/dependencies/dependencies-1-1.noarch.rpm || return
	# Headers that arrive alone are seen at the next start there.
	rm -f "$sys/etc/kernel/header_postinst.d/dkms"
	# DKMS's hook, where Debian's package has another place for it.
	[[ -e $sys/usr/lib/kernel/install.d/40-dkms.install ]] ||
		ln -s /etc/kernel/install.d/dkms "$sys/usr/lib/kernel/install.d/40-dkms.install"
}

pose()
{
	local name

	case $system in
	fedora)   name='NAME="Fedora Linux"\nID=fedora\nVERSION_ID=42\n' ;;
	rhel)     name='NAME="AlmaLinux"\nID="almalinux"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.6"\n' ;;
	opensuse) name='NAME="openSUSE Leap"\nID="opensuse-leap"\nID_LIKE="suse opensuse"\nVERSION_ID="15.6"\n' ;;
	esac
	rm "$sys/etc/os-release"
	# The text has its line ends in it.
	# shellcheck disable=SC2059
	printf "$name" >"$sys/etc/os-release"
}

# What a kernel's packages do in such a system: kernel-install is called, which
# runs these, and ends with the first that fails as a kernel is added. SUSE's call
# nobody.
kernel_scripts()
{
	local failed=:

	if [[ $system == opensuse ]]; then
		echo "$1"
		return
	fi
	[[ $2 != add ]] || failed='exit $?'
	cat <<-END
		$1
		for f in /usr/lib/kernel/install.d/*; do
			case \$f in
			*dkms*|*wireguard*) [ ! -x "\$f" ] || "\$f" $2 $k2 /boot /boot/vmlinuz-$k2 || $failed ;;
			esac
		done
	END
}

# kernel_rpms FOLDER: the packages of Debian's second kernel as such a system has
# them, from the files in FOLDER, to $work/kernel-rpms/FOLDER.
kernel_rpms()
{
	local tree=$work/kernel-tree out=$work/kernel-rpms/$1 d

	[[ ! -d $out ]] || return 0
	rm -rf "$tree"
	mkdir -p "$tree"
	for d in "${2:-$arrivals/$1}"/linux-*-[0-9]*.deb; do
		dpkg-deb -x "$d" "$tree"
	done
	if [[ -d $tree/lib ]]; then
		cp -al "$tree/lib" "$tree/usr" && rm -r "${tree:?}/lib"
	fi
	rm -f "$tree/usr/lib/modules/$k2"/{build,source}
	ln -s "/usr/src/linux-headers-$k2" "$tree/usr/lib/modules/$k2/build"
	{
		printf '%s\n' 'Name: kernel' 'Version: 2' 'Release: 1' 'Summary: Stand-in' 'License: GPL-2.0-only' \
			'AutoReqProv: no' '%description' 'None.' '%package core' 'Summary: Kernel' '%description core' 'None.' \
			'%package devel' 'Summary: Headers' '%description devel' 'None.'
		printf '%s\n' '%install' "mkdir -p %{buildroot}/usr/lib" \
			"cp -a $tree/usr/src %{buildroot}/usr" "cp -a $tree/usr/lib/modules %{buildroot}/usr/lib" \
			"cp -a $tree/usr/lib/linux-kbuild* %{buildroot}/usr/lib"
		kernel_scripts "%posttrans core
/sbin/depmod $k2" add
		kernel_scripts '%preun core' remove
		printf '%s\n' '%postun core' "rm -f /lib/modules/$k2/modules.*" "rmdir /lib/modules/$k2 2>/dev/null || :"
		printf '%s\n' '%files core' "/usr/lib/modules/$k2" "%exclude /usr/lib/modules/$k2/build" \
			'%files devel' "/usr/lib/modules/$k2/build" '/usr/src/*' '/usr/lib/linux-kbuild*'
	} >"$work/kernel.spec"
	build_rpm "$work/kernel.spec" "$out"
}

pm_install()
{
	case $kind in
	deb) apt install "$(package_file "$1")" ;;
	rpm) dnf install "$(package_file "$1")" ;;
	esac
}

pm_downgrade()
{
	case $kind in
	deb) apt install --allow-downgrades "$(package_file "$1")" ;;
	rpm) dnf downgrade "$(package_file "$1")" ;;
	esac
}

pm_reinstall()
{
	case $kind in
	deb) apt install --reinstall "$(package_file "$1")" ;;
	rpm) dnf reinstall "$(package_file "$1")" ;;
	esac
}

pm_remove()
{
	case $kind in
	deb) apt remove wireguard-reorder-dkms ;;
	rpm) dnf remove wireguard-reorder-dkms ;;
	esac
}

# Nothing is left for that where rpm has removed it.
pm_purge()
{
	case $kind in
	deb) apt purge wireguard-reorder-dkms ;;
	rpm) ! in_root rpm -q wireguard-reorder-dkms || dnf remove wireguard-reorder-dkms ;;
	esac
}

# pm_repair NAME: what a person does after a power failure in the middle.
pm_repair()
{
	case $kind in
	deb)
		in_root dpkg --configure -a && apt -f install && apt install "$(package_file "$1")" ;;
	rpm)
		in_root rpm --rebuilddb
		if [[ $(in_root rpm -q --qf '%{VERSION}\n' wireguard-reorder-dkms) == *"$ours"* ]]; then
			pm_duplicates
			dnf reinstall "$(package_file "$1")"
		else
			dnf install "$(package_file "$1")"
		fi ;;
	esac
}

pm_repair_removal()
{
	case $kind in
	deb) in_root dpkg --configure -a && pm_remove ;;
	rpm)
		in_root rpm --rebuilddb
		pm_purge ;;
	esac
}

# Of two versions after an upgrade that was cut off, the older one.
pm_duplicates()
{
	local p

	for p in $(in_root rpm -q wireguard-reorder-dkms | grep -v -- "-dkms-$ours-"); do
		in_root rpm -e "$p"
	done
}

pm_healthy()
{
	case $kind in
	deb) [[ -z $(in_root dpkg --audit) ]] && in_root apt-get check ;;
	rpm)
		[[ $(in_root rpm -qa 'wireguard-reorder*' | wc -l) -le 1 ]] && in_root rpm -Va --nodeps --nomtime dependencies &&
			{ ! in_root rpm -q wireguard-reorder-dkms || in_root rpm -V wireguard-reorder-dkms; } ;;
	esac
}

kernel_install()
{
	bring "$1"
	case $kind in
	deb) in_root sh -c "apt-get -y install /packages/$1/*.deb" ;;
	rpm)
		kernel_rpms "$1" && cp -R "$work/kernel-rpms/$1" "$sys/packages/rpms" &&
			in_root sh -c "rpm -i --nodeps /packages/rpms/*.rpm" ;;
	esac
}

# images FOLDER: the packages of the second kernel there that are no headers; they
# have been split since 7.3.
images()
{
	ls "$1"/linux-[bim]*-"$k2"_*.deb
}

# kernel_again FOLDER: the same package of the kernel's image again.
kernel_again()
{
	case $kind in
	deb) in_root sh -c "apt-get -y install --reinstall /packages/$1/linux-[bim]*-${k2}_*.deb" ;;
	rpm) in_root sh -c "rpm -U --replacepkgs --nodeps /packages/rpms/kernel-core-*.rpm" ;;
	esac
}

# kernel_changed FOLDER: a package of the same kernel with another wireguard in
# it, as distributions bring them; leaves its checksum in $work/changed-sum.
kernel_changed()
{
	local f tree=$work/changed file

	if [[ ! -d $tree ]]; then
		mkdir "$work/changed-debs"
		cp "$arrivals/$1"/linux-*-[0-9]*.deb "$work/changed-debs"
		for f in $(images "$work/changed-debs"); do
			dpkg-deb -c "$f" | grep '/wireguard\.ko' >/dev/null || continue
			dpkg-deb -R "$f" "$tree"
			file=$(find "$tree" -name 'wireguard.ko*' -type f)
			[[ $file != *.xz ]] || unxz "$file"
			objcopy --add-section .note.changed=/etc/hostname "${file%.xz}"
			[[ $file != *.xz ]] || xz --check=crc32 "${file%.xz}"
			sha256sum "$file" | cut -d ' ' -f 1 >"$work/changed-sum"
			(cd "$tree" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' |
				xargs -0 md5sum >DEBIAN/md5sums)
			nice -n 19 dpkg-deb -Zgzip -z1 -b "$tree" "$f" >/dev/null
		done
	fi
	case $kind in
	deb)
		mkdir -p "$sys/packages/changed"
		for f in $(images "$work/changed-debs"); do
			cp "$f" "$sys/packages/changed"
		done
		# Modules before the image, whose scripts then find them in place.
		in_root sh -c "dpkg -i \$(ls -r /packages/changed/*.deb)" ;;
	rpm)
		kernel_rpms changed "$work/changed-debs" && mkdir -p "$sys/packages/changed" &&
			cp "$work"/kernel-rpms/changed/kernel-core-*.rpm "$sys/packages/changed" &&
			in_root sh -c "rpm -U --replacepkgs --nodeps /packages/changed/*.rpm" ;;
	esac
}

kernel_remove()
{
	case $kind in
	deb) in_root sh -c "apt-get -y purge \$(dpkg-query -W -f '\${Package} ' 'linux-*-$k2')" ;;
	rpm)
		# An empty folder stays there because of the link to the headers, which ours
		# may remove: it is nobody's.
		in_root rpm -e kernel-core kernel-devel && { in_root rmdir "/lib/modules/$k2" 2>/dev/null || :; } ;;
	esac
}

# Debian's own packages stand for those of the first kernel everywhere. Where
# dnf is, dkms.service builds when the system is started.
headers_remove()
{
	apt purge "linux-headers-$k1"
}

headers_install()
{
	bring "$1"
	in_root sh -c "apt-get -y install /packages/$1/linux-headers-*.deb" || return
	[[ $kind == deb ]] || in_root dkms autoinstall -k "$k1"
}

# dkms_put older|newer: DKMS of another release.
dkms_put()
{
	bring "dkms-$1"
	in_root sh -c "dpkg --force-confnew --force-depends --force-downgrade -i /packages/dkms-$1/*.deb"
}
