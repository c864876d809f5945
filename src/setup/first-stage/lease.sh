#!/bin/sh
# What udhcpc got or lost ($1), carried out. A renewal of the same address must not disturb open connections.

case "$1" in
  bound | renew)
    case "$(ip -4 -o addr show dev "$interface")" in
      *" $ip/$mask "*) ;;
      *)
        ip -4 addr flush dev "$interface"
        ip addr add "$ip/$mask" broadcast "${broadcast:-+}" dev "$interface"
        ;;
    esac
    for gateway in $router; do
      ip route replace default via "$gateway" dev "$interface"
      break
    done
    echo "$interface $ip" >/run/greif/network
    ;;
  deconfig)
    ip link set "$interface" up
    ;;
esac
exit 0
