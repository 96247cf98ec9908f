/** The machine's own program of that name: the first on the PATH that is none of ours. */
const REAL = `real() {
  IFS=:
  for folder in $PATH; do
    [ "$folder" = "$WHEELSEAL_SHIMS" ] || [ ! -x "$folder/$1" ] || { echo "$folder/$1"; return; }
  done
}
`

/** A program that goes to /usr/local/bin goes to the job's own folder instead, which is on its PATH. */
function redirecting(name: string): string {
  return `#!/bin/sh
${REAL}program=$(real ${name})
for last; do :; done
case "$last" in
  /usr/local/bin | /usr/local/bin/) target=$WHEELSEAL_JOB_BIN/ ;;
  /usr/local/bin/*) target=$WHEELSEAL_JOB_BIN/\${last#/usr/local/bin/} ;;
  *) exec "$program" "$@" ;;
esac
count=$#
while [ "$count" -gt 1 ]; do
  set -- "$@" "$1"
  shift
  count=$((count - 1))
done
shift
exec "$program" "$@" "$target"
`
}

const APT_GET = `#!/bin/sh
command= missing=
for word; do
  case "$word" in
    -*) ;;
    *) if [ -z "$command" ]; then command=$word
       elif [ "$command" = install ] && ! command -v "$word" >/dev/null; then missing="$missing $word"; fi ;;
  esac
done
[ -z "$missing" ] && exit 0
echo "apt-get: jobs do not install packages on this machine, and it has no program of the name:$missing" >&2
exit 100
`

/** By name; they stand before the machine's own programs on the PATH of a job under the plain executor. */
export const SHIMS: Readonly<Record<string, string>> = {
  'apt-get': APT_GET,
  sudo: '#!/bin/sh\nexec "$@"\n',
  mv: redirecting('mv'),
  cp: redirecting('cp'),
  install: redirecting('install'),
  ln: redirecting('ln'),
}
