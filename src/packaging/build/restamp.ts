/**
 * For the machine's Python: an sdist whose bytes do not depend on when and by whom it was built. Back ends that honour
 * SOURCE_DATE_EPOCH make such files themselves, and theirs stay as they are; setuptools stamps members with the time of
 * the build, and with its user. Times are clamped, as https://reproducible-builds.org/specs/source-date-epoch/ has it.
 */
const SCRIPT = `
import gzip, os, sys, tarfile

path, epoch = sys.argv[1], int(sys.argv[2])

def strays(member):
    return member.mtime > epoch or member.uid or member.gid or member.uname or member.gname

def settled(member):
    member.mtime = min(int(member.mtime), epoch)
    member.uid, member.gid, member.uname, member.gname = 0, 0, "", ""
    member.pax_headers = {}
    return member

with tarfile.open(path) as archive:
    if not any(strays(member) for member in archive):
        sys.exit()
again = path + ".again"
with tarfile.open(path) as old, open(again, "wb") as file:
    with gzip.GzipFile("", "wb", 9, file, epoch) as packed, tarfile.open(fileobj=packed, mode="w") as new:
        for member in old:
            new.addfile(settled(member), old.extractfile(member) if member.isreg() else None)
os.replace(again, path)
`

export function restampArgv(
  python: string,
  { sdist, sourceDateEpoch }: { readonly sdist: string; readonly sourceDateEpoch: number },
): readonly [string, ...string[]] {
  return [python, '-I', '-c', SCRIPT, sdist, `${sourceDateEpoch}`]
}
