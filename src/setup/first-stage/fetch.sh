# One file over HTTP, whole and with the right hash, however often the line or the server fails.

size_of() {
  stat -c %s "$1" 2>/dev/null || echo 0
}

# watch_transfer PID FILE BYTES: a calm line now and then; ends a transfer that brought nothing for 15 s.
# (wget's own time limit, -T, crashes in Debian's static busybox.)
watch_transfer() {
  before=-1
  idle=0
  while sleep 5; do
    now=$(size_of "$2")
    say "$((now * 100 / $3)) % of $(($3 / 1048576)) MiB"
    if [ "$now" = "$before" ]; then idle=$((idle + 1)); else idle=0; fi
    before=$now
    if [ $idle -ge 3 ]; then
      echo "nothing came for 15 s" >>"$2.log"
      kill "$1"
    fi
  done
}

# download URL FILE BYTES: goes on where an earlier try ended.
download() {
  : >"$2.log"
  wget -q -c -O "$2" "$1" 2>>"$2.log" &
  transfer=$!
  watch_transfer $transfer "$2" "$3" &
  watcher=$!
  wait $transfer
  status=$?
  { kill $watcher && wait $watcher; } 2>/dev/null # ash would tell of the killed job
  return $status
}

# A PC that holds an older first stage than its server's agent never gets the two to match: a restart fetches both anew.
restart() {
  say "$* This PC restarts in 60 s and asks the network again."
  sleep 60
  reboot -f
}

# fetch URL FILE BYTES SHA256: returns when FILE is right. Nothing of a file with another hash is ever used.
fetch() {
  pause=1
  wrong=0
  while :; do
    if download "$1" "$2" "$3"; then
      [ "$(size_of "$2")" = "$3" ] && [ "$(sha256sum "$2" | cut -d' ' -f1)" = "$4" ] && return
      wrong=$((wrong + 1))
      rm -f "$2"
      say "$1 is not the file that this boot image was made for (wrong SHA-256); it is not used (try $wrong of 5)."
      [ $wrong -lt 5 ] || restart "The server's boot folder was changed or is damaged: run \"npm run boot\" there."
    else
      say "cannot fetch $1: $(tail -n 1 "$2.log" | sed 's/^wget: //')"
      # More than there should be can never become right.
      [ "$(size_of "$2")" -lt "$3" ] || rm -f "$2"
    fi
    say "trying again in $pause s"
    sleep $pause
    pause=$(longer_pause $pause)
  done
}
