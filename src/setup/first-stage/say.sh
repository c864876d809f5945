# Messages for the person before the PC and for whoever reads its serial line.

consoles() {
  cat /sys/class/tty/console/active 2>/dev/null || echo console
}

# say WORDS…: one line on every console of the kernel command line.
say() {
  for console in $(consoles); do
    echo "greif: $*" >"/dev/$console" 2>/dev/null
  done
}

# argument NAME: its value on the kernel command line, nothing if it is not there.
argument() {
  for word in $(cat /proc/cmdline); do
    case "$word" in
      "$1="*) echo "${word#*=}" ;;
    esac
  done | tail -n 1
}

# longer_pause SECONDS: the next pause between two tries.
longer_pause() {
  if [ "$1" -lt 16 ]; then echo $(($1 * 2)); else echo 30; fi
}
