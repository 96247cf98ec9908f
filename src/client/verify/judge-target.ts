import { basename } from 'node:path'
import { encodeHex } from '../../base/index.ts'
import type { SealParts } from '../../formats/sigstore/index.ts'
import { verdictHint, verdictSentence } from '../../verify/index.ts'
import { isAbout } from './about.ts'
import { artifactOf } from './artifact.ts'
import { appVerifyErrors } from './errors.ts'
import { judgeAsked, judgeSeal, judgeUnreadable, type Judged, type Judging } from './judge-seal.ts'
import { refusal, type FileOutcome } from './outcome.ts'
import { judgePairBeside } from './pair-beside.ts'
import type { Target } from './plan.ts'
import type { Prepared } from './prepared.ts'
import type { ReadSeals } from './readers.ts'
import type { SealFile } from './seal-files.ts'

/** A file with seals, and what is in it. */
type ReadFile = SealFile & ReadSeals

/** With the verdicts on it; none where it is another form of one that has them. */
interface JudgedFile {
  readonly paths: readonly string[]
  readonly verdicts: readonly Judged[]
}

interface AllJudged {
  readonly files: readonly JudgedFile[]
  readonly notChecked: readonly string[]
}

/**
 * All seals of a target are read, then the target, once; then they are judged, and all must hold. Throws why there is
 * nothing to judge: `client.verify-no-seal`, `sigstore.…`, `host.…`.
 */
export async function judgeTarget(target: Target, prepared: Prepared): Promise<Omit<FileOutcome, 'file'>> {
  const found = await prepared.sealsOf(target)
  const files = found.seals.map((file) => ({ ...file, ...prepared.reader.read(file.found) }))
  for (const file of files) checkKind(file, prepared)
  const expected = prepared.expectedOf(target)
  const key = 'key' in expected ? { key: expected.key } : {}
  const seals = files.flatMap((file) => file.seals)
  const artifact = await artifactOf(target, { seals, io: prepared.io, ...key })
  const fileName = target.kind === 'file' ? { fileName: basename(target.path) } : {}
  const all = await judgeFiles(files, { artifact, ...fileName, expected, prepared })
  const name = target.kind === 'file' ? target.path : target.text
  return {
    sha256: encodeHex(artifact.sha256),
    ...described(name, all.files),
    notChecked: [...found.notChecked, ...all.notChecked],
  }
}

/** What is named as something else than it is, or for more files than it can be of. */
function checkKind({ found, paths, seals, layout }: ReadFile, { plan: { targets, seal } }: Prepared): void {
  if (!seals.some(({ envelope }) => envelope === undefined)) return
  const name = paths.join(', ')
  if (found.kind === 'provenance')
    throw appVerifyErrors('client.verify-no-seal', `${name} is a signature, not an attestation`, {
      hint: 'use --bundle for it',
    })
  if (seal.kind === 'beside' || targets.length === 1 || layout === 'one a line') return
  const fact = `${name} is the signature of one file, but ${targets.length} files are given`
  throw appVerifyErrors('client.verify-no-seal', fact, {
    hint: 'leave --bundle out: the signatures and bundles next to each file are used',
  })
}

async function judgeFiles(files: readonly ReadFile[], judging: Judging): Promise<AllJudged> {
  const judged: JudgedFile[] = []
  const notChecked: string[] = []
  for (const file of files) {
    const verdicts = await judgeFile(file, files, judging)
    if (verdicts === 'not checked') notChecked.push(...file.paths)
    else judged.push({ paths: file.paths, verdicts })
  }
  return { files: judged, notChecked }
}

async function judgeFile(
  file: ReadFile,
  files: readonly ReadFile[],
  judging: Judging,
): Promise<readonly Judged[] | 'not checked'> {
  if (file.unreadable !== undefined) return [judgeUnreadable(file.unreadable, judging)]
  const about = aboutThis(file, judging)
  if (file.found.kind !== 'pair') return about.map((seal) => judgeSeal(seal, judging))
  if (files.length === 1) return askForAll(about, judging)
  const others = files.flatMap((other) =>
    other === file ? [] : other.seals.filter((seal) => isAbout(seal, judging.artifact)),
  )
  const decided = about.map((pair) => judgePairBeside(pair, others, judging))
  if (decided.includes('not checked')) return 'not checked'
  return decided.filter((one) => typeof one === 'object')
}

async function askForAll(pairs: readonly SealParts[], judging: Judging): Promise<readonly Judged[]> {
  const verdicts: Judged[] = []
  for (const pair of pairs) verdicts.push(await judgeAsked(pair, judging))
  return verdicts
}

/** Never none: that all of them hold must say something. */
function aboutThis({ seals, paths, layout }: ReadFile, { artifact }: Judging): ReadFile['seals'] {
  const name = paths.join(', ')
  if (seals.length === 0) throw appVerifyErrors('client.verify-no-seal', `${name} has no signature`)
  if (layout === 'one object') return seals
  const about = seals.filter((seal) => isAbout(seal, artifact))
  if (about.length > 0) return about
  throw appVerifyErrors(
    'client.verify-no-seal',
    `none of the ${seals.length} bundles in ${name} is for the file`,
  )
}

type Described = Omit<FileOutcome, 'file' | 'sha256' | 'notChecked'>

/** The first that is refused decides, else the first. */
function described(name: string, files: readonly JudgedFile[]): Described {
  const all = files.flatMap((file) => file.verdicts.map((judged) => ({ file, ...judged })))
  const good = all.find(({ verdict }) => verdict.verified)
  const bad = all.find(({ verdict, lacksOnly }) => !verdict.verified && !(lacksOnly && good !== undefined))
  const decides = bad ?? good
  if (decides === undefined) throw new Error('a target without a verdict')
  const { file, askedLog } = decides
  const others = files.filter((other) => other !== file)
  const also = others.flatMap((other) => (other.verdicts.length === 0 ? [] : other.paths))
  const count = file.verdicts.length
  return {
    seal: [...file.paths, ...others.flatMap((other) => other.paths)],
    ...(also.length === 0 ? {} : { also }),
    ...(count < 2 ? {} : { attestations: count }),
    ...(askedLog === undefined ? {} : { askedLog }),
    ...told(also.length === 0 ? name : `${name} with ${file.paths[0]}`, name, decides),
  }
}

/** The verdict in words; what is refused says with which of several seals. */
function told(
  withSeal: string,
  name: string,
  { verdict, askedSeal, noEntry }: Judged,
): Omit<Described, 'seal' | 'also' | 'attestations' | 'askedLog'> {
  const common = { verdict, checks: verdict.checks }
  if (verdict.verified) {
    const seal = askedSeal === undefined ? {} : { loggedSeal: askedSeal }
    return { ...common, ...seal, verified: true, reason: '', message: verdictSentence(verdict, name) }
  }
  const { reason } = verdict
  if (reason === 'verify.logged' && noEntry !== undefined) return { ...common, ...refusal(withSeal, noEntry) }
  const message = verdictSentence(verdict, withSeal)
  return { ...common, verified: false, reason, message, hint: verdictHint(verdict) ?? '' }
}
