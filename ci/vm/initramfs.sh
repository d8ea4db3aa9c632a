#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The first program in a QEMU guest: put a scratch layer over the host's
# read-only root, take the kernel's modules along, and go on in guest.sh.
# The initramfs is a few MB: busybox and the modules this needs.
#
#   ci/vm/initramfs.sh IMAGE_DIR OUT [USERLAND]
#
# USERLAND: the guest is of another architecture and its root is this one (see
# userland.sh); of the host's files it sees the tree and the cache.
set -euo pipefail

image=$1 out=$2 userland=${3:-}
version=$(<"$image/version")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

mkdir -p "$dir"/{bin,proc,sys,dev,mnt,root,mod}
if [[ -n $userland ]]; then
	busybox=$userland/bin/busybox files=/mnt/machine
else
	busybox=$(command -v busybox) files=/mnt/host
fi
cp "$busybox" "$dir/bin/busybox"

# In the order in which they are to be loaded.
wanted="virtio_pci virtio_console virtio_rng virtio_net 9pnet_virtio 9p overlay"
modules="$image/root/lib/modules/$version"
for m in $wanted; do
	modprobe -d "$image/root" -S "$version" --show-depends "$m" || [[ $m == virtio_rng ]]
done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$dir/list"
n=100
while read -r f; do
	n=$((n + 1))
	base=$(basename "$f")
	case $f in
	*.xz)  xz -dc "$f" >"$dir/mod/$n-${base%.xz}" ;;
	*.zst) zstd -qdc "$f" >"$dir/mod/$n-${base%.zst}" ;;
	*)     cp "$f" "$dir/mod/$n-$base" ;;
	esac
done <"$dir/list"
rm "$dir/list"

cat >"$dir/init" <<EOF
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for m in /mod/*.ko; do insmod \$m || echo "wgr-guest: cannot load \$m"; done
mkdir -p /mnt/host /mnt/top /mnt/new
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,cache=loose,ro host /mnt/host || poweroff -f
mount -t tmpfs -o size=75% top /mnt/top
mkdir /mnt/top/upper /mnt/top/work
mount -t overlay -o lowerdir=/mnt/host,upperdir=/mnt/top/upper,workdir=/mnt/top/work root /mnt/new || poweroff -f
mkdir -p /mnt/new/run /mnt/new/lib/modules
mount -t tmpfs run /mnt/new/run
mkdir -p /mnt/new/run/wgr
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,cache=none results /mnt/new/run/wgr || poweroff -f
if [ $files = /mnt/machine ]; then
	mkdir $files
	mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,cache=loose,ro machine $files || poweroff -f
	. /mnt/new/run/wgr/environment
	for d in "\$WGR_TREE" "\$WGR_CACHE"; do
		mkdir -p "/mnt/new\$d"
		mount -o bind "$files\$d" "/mnt/new\$d"
	done
fi
mkdir -p "/mnt/new/lib/modules/$version"
# A system with a kernel of its own has the modules in place.
[ ! -d "$files$modules" ] || mount -o bind "$files$modules" "/mnt/new/lib/modules/$version"
umount /proc /sys
mount -o move /dev /mnt/new/dev
exec switch_root /mnt/new /bin/bash /run/wgr/guest.sh
EOF
chmod +x "$dir/init"
(cd "$dir" && find . -mindepth 1 | cpio -o -H newc --quiet | gzip -1) >"$out"
