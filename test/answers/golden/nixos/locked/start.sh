#!/bin/sh
# In the live system, as root
set -eux
# The whole disk, mounted below /mnt; the loader's own partition below /mnt/boot
disk=$(readlink -f '/dev/sda')
case $disk in *[0-9]) part=${disk}p ;; *) part=$disk ;; esac
wipefs --all --force "$disk"
echo 'label: gpt' >/tmp/table
next=0
add() { # a line of sfdisk(8)
  echo "$1" >>/tmp/table
  next=$((next + 1))
}
add 'size=1MiB, type=21686148-6449-6E6F-744E-656564454649'
add size='512''MiB, type=swap'
swap=$part$next
add 'type=linux'
root=$part$next
sfdisk --wipe always --wipe-partitions always "$disk" </tmp/table
udevadm settle
mkfs.ext4 -q -F "$root"
mount "$root" /mnt
mkswap "$swap"
swapon "$swap"

nixos-generate-config --root /mnt
curl -fsS --retry 5 -o /mnt/etc/nixos/configuration.nix 'http://10.0.0.1:8080/install/k1/configuration.nix'
nixos-install --root /mnt --no-root-passwd
curl -fsS --retry 5 -o /mnt/root/greif-install 'http://10.0.0.1:8080/install/k1/script'
nixos-enter --root /mnt -c 'sh /root/greif-install'
rm /mnt/root/greif-install
curl -fsS --retry 5 -o /dev/null 'http://10.0.0.1:8080/install/k1/finished'
reboot
