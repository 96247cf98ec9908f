import { parseJson, type JsonValue } from '../../base/index.ts'

/** The first difference of two archives. */
export interface Difference {
  /** Name of the member; undefined where the members agree and the archive around them does not. */
  readonly member: string | undefined
  /** For people: the mtime, the order, the offset in the content. */
  readonly how: string
}

/**
 * For the machine's Python, whose zipfile and tarfile read what was just built here: both are streamed. Wheels must be
 * equal to the byte; a difference is looked for among the members. Of an sdist the times and owners of the members do
 * not count: setuptools stamps some with the time of the build.
 */
const SCRIPT = `
import itertools, json, sys, tarfile, zipfile

CHUNK = 1 << 16

def zip_members(archive):
    for info in archive.infolist():
        yield info.filename, {
            "mtime": "%04d-%02d-%02d %02d:%02d:%02d" % info.date_time,
            "mode": oct(info.external_attr >> 16),
            "compression": info.compress_type,
        }, lambda info=info: archive.open(info)

def tar_members(archive):
    for info in archive:
        facts = {"type": info.type.decode("ascii", "replace"), "mode": oct(info.mode), "link": info.linkname}
        yield info.name, facts, lambda info=info: archive.extractfile(info) if info.isfile() else None

def content(left, right):
    left, right = left(), right()
    if not left or not right:
        return None
    at = 0
    while True:
        a, b = left.read(CHUNK), right.read(CHUNK)
        if a != b:
            same = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
            return "the content differs from offset %d" % (at + same)
        if not a:
            return None
        at += len(a)

def first(left, right, names):
    for a, b in itertools.zip_longest(left, right):
        if not a or not b or a[0] != b[0]:
            name = (a or b)[0]
            if (not a or a[0] in names[1]) and (not b or b[0] in names[0]):
                return name, "the order of the members differs"
            missing = a[0] if a and a[0] not in names[1] else b[0]
            return missing, "it is in one build only"
        for fact in a[1]:
            if a[1][fact] != b[1][fact]:
                return a[0], "the %s differs: %s and %s" % (fact, a[1][fact], b[1][fact])
        how = content(a[2], b[2])
        if how:
            return a[0], how
    return None

def equal(left, right):
    with open(left, "rb") as a, open(right, "rb") as b:
        while True:
            x, y = a.read(CHUNK), b.read(CHUNK)
            if x != y:
                return False
            if not x:
                return True

def compare(kind, left, right):
    if equal(left, right):
        return None
    if kind == "wheel":
        with zipfile.ZipFile(left) as a, zipfile.ZipFile(right) as b:
            names = set(a.namelist()), set(b.namelist())
            found = first(zip_members(a), zip_members(b), names)
        return found or (None, "the members are equal, the archive around them is not")
    with tarfile.open(left) as a, tarfile.open(right) as b:
        names = set(a.getnames()), set(b.getnames())
        return first(tar_members(a), tar_members(b), names)

found = compare(*sys.argv[1:4])
print(json.dumps(found and {"member": found[0], "how": found[1]}))
`

export interface Compared {
  readonly kind: 'wheel' | 'sdist'
  readonly first: string
  readonly second: string
}

export function compareArgv(
  python: string,
  { kind, first, second }: Compared,
): readonly [string, ...string[]] {
  return [python, '-I', '-c', SCRIPT, kind, first, second]
}

/** What the script printed. Undefined where the archives are equal; throws for anything else. */
export function readDifference(output: string): Difference | undefined {
  const found = parseJson(output)
  if (found === null) return undefined
  const { member, how } = found as Readonly<Record<string, JsonValue>>
  if (typeof how !== 'string') throw new Error('the comparison printed something else')
  return { member: typeof member === 'string' ? member : undefined, how }
}
