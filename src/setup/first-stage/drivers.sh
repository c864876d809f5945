# Drivers by modalias: the kernel says what it has found, modprobe knows who serves it.

found_devices() {
  cat /sys/bus/*/devices/*/modalias 2>/dev/null | sort -u
}

# Loads drivers until the kernel finds nothing new: a bus's driver brings devices to light that need one of their own.
load_drivers() {
  while
    found=$(found_devices)
    [ "$found" != "$served" ]
  do
    served=$found
    # Aliases may hold any character; only the line end separates them.
    (
      set -f
      IFS='
'
      modprobe -abq $found 2>/dev/null
    )
  done
}
