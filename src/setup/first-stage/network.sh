# The network: the card that the firmware booted from (BOOTIF=01-aa-bb-…, from PXE), or any with a link.

link_seconds=30

# A card's name for its MAC address, nothing if there is none (yet).
card_of() {
  for card in /sys/class/net/*; do
    [ "$(cat "$card/address" 2>/dev/null)" = "$1" ] && basename "$card" && return
  done
}

# All wired cards; virtual devices have no `device`, wireless ones cannot be used without a key.
all_cards() {
  for card in /sys/class/net/*; do
    [ -e "$card/device" ] && [ ! -e "$card/wireless" ] && basename "$card"
  done
}

boot_mac() {
  argument BOOTIF | sed 's/^[0-9a-fA-F][0-9a-fA-F]-//' | tr 'A-F-' 'a-f:'
}

# The cards to try. That of BOOTIF may appear late (USB): it is waited for, then any other will do.
cards_to_try() {
  mac=$(boot_mac)
  tries=0
  while [ -n "$mac" ] && [ $tries -lt 50 ]; do
    card=$(card_of "$mac")
    [ -n "$card" ] && echo "$card" && return
    tries=$((tries + 1))
    sleep 0.2
    load_drivers
  done
  [ -z "$mac" ] || say "the network card $mac, from which this PC booted, has no driver here; trying all others" >&2
  all_cards
}

has_link() {
  [ "$(cat "/sys/class/net/$1/carrier" 2>/dev/null)" = 1 ]
}

# Waits until one of the cards has a link and prints those that have.
linked_cards() {
  tries=0
  while [ $tries -lt $((link_seconds * 5)) ]; do
    linked=
    for card in "$@"; do
      has_link "$card" && linked="$linked $card"
    done
    [ -n "$linked" ] && echo $linked && return
    tries=$((tries + 1))
    sleep 0.2
  done
}

get_address() {
  udhcpc -f -n -q -t 4 -T 2 -A 1 -i "$1" -s /lib/greif/lease.sh >/run/greif/udhcpc.log 2>&1
}

try_network() {
  cards=$(cards_to_try)
  if [ -z "$cards" ]; then
    say "no network card was found: is one fitted and switched on in the firmware's settings?"
    return 1
  fi
  for card in $cards; do ip link set "$card" up; done
  linked=$(linked_cards $cards)
  if [ -z "$linked" ]; then
    say "no link on $(echo $cards): is the network cable in at both ends?"
    return 1
  fi
  for card in $linked; do
    get_address "$card" && return
  done
  say "no address by DHCP on $(echo $linked): does a DHCP server answer on this network?"
  return 1
}

# Returns once the PC has an address; says why not and tries for ever.
start_network() {
  pause=1
  until try_network; do
    say "trying again in $pause s"
    sleep $pause
    pause=$(longer_pause $pause)
    load_drivers
  done
}
