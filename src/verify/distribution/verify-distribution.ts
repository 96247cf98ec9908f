import type { SealParts } from '../../formats/sigstore/index.ts'
import { verifyErrors } from '../errors.ts'
import { isAbout } from './is-about.ts'
import {
  judgeAsked,
  judgeSeal,
  judgeUnreadable,
  type Judged,
  type Judging,
  type LogAnswer,
} from './judge-seal.ts'
import { judgePairBeside } from './pair-beside.ts'
import type { SealFile } from './seal-file.ts'

export interface DistributionRequest extends Judging {
  /** All that was found for the file, at least one; the one whose seal holds its log entry before the pair. */
  readonly sealFiles: readonly SealFile[]
  /** Asks for the log entry of a pair that is alone. Seals that have one, or should, are never asked for. */
  readonly askLog: (seal: SealParts) => Promise<LogAnswer>
}

/** With the verdicts on it; none where it is another form of one that has them. */
export interface JudgedFile {
  readonly file: SealFile
  readonly verdicts: readonly Judged[]
}

/** May this distribution be taken? Where `decides` is verified, it may: every seal that is about it holds. */
export interface DistributionVerdict {
  /** The first seal that is refused, else the first. */
  readonly decides: Judged
  readonly decidesIn: JudgedFile
  /** The other files that were judged. */
  readonly others: readonly JudgedFile[]
  /** Pairs beside a seal that holds its log entry: nobody was asked what they are worth. */
  readonly notChecked: readonly SealFile[]
}

/**
 * All seals of a distribution together: all that are about it must hold, and what a policy requires one of them must
 * have. Throws why there is nothing to judge, `verify.no-seal`, and what `askLog` throws.
 */
export async function verifyDistribution(request: DistributionRequest): Promise<DistributionVerdict> {
  const judged: JudgedFile[] = []
  const notChecked: SealFile[] = []
  for (const file of request.sealFiles) {
    const verdicts = await judgeFile(file, request)
    if (verdicts === 'not checked') notChecked.push(file)
    else judged.push({ file, verdicts })
  }
  return { ...decided(judged), notChecked }
}

async function judgeFile(
  file: SealFile,
  request: DistributionRequest,
): Promise<readonly Judged[] | 'not checked'> {
  if (file.unreadable !== undefined) return [judgeUnreadable(file.unreadable, request)]
  const about = sealsAbout(file, request)
  if (file.kind !== 'pair') return about.map((seal) => judgeSeal(seal, request))
  if (request.sealFiles.length === 1) return askForAll(about, request)
  const others = request.sealFiles.flatMap((other) =>
    other === file ? [] : other.seals.filter((seal) => isAbout(seal, request.artifact)),
  )
  const beside = about.map((pair) => judgePairBeside(pair, others, request))
  if (beside.includes('not checked')) return 'not checked'
  return beside.filter((one) => typeof one === 'object')
}

async function askForAll(
  pairs: readonly SealParts[],
  request: DistributionRequest,
): Promise<readonly Judged[]> {
  const verdicts: Judged[] = []
  for (const pair of pairs) verdicts.push(judgeAsked(pair, await request.askLog(pair), request))
  return verdicts
}

/** Never none: that all of them hold must say something. */
function sealsAbout({ seals, paths, layout }: SealFile, { artifact }: Judging): readonly SealParts[] {
  const name = paths.join(', ')
  if (seals.length === 0) throw verifyErrors('verify.no-seal', `${name} has no signature`)
  if (layout === 'one object') return seals
  const about = seals.filter((seal) => isAbout(seal, artifact))
  if (about.length > 0) return about
  throw verifyErrors('verify.no-seal', `none of the ${seals.length} bundles in ${name} is for the file`)
}

/** What one seal lacks of a policy another may have; anything else that is wrong with one refuses. */
function decided(judged: readonly JudgedFile[]): Omit<DistributionVerdict, 'notChecked'> {
  const all = judged.flatMap((file) => file.verdicts.map((one) => ({ decides: one, decidesIn: file })))
  const good = all.find(({ decides }) => decides.verdict.verified)
  const bad = all.find(({ decides: { verdict, lacksOnly } }) => {
    const isMadeUpFor = lacksOnly && good !== undefined
    return !verdict.verified && !isMadeUpFor
  })
  const first = bad ?? good
  if (first === undefined) throw verifyErrors('verify.no-seal', 'no signature or bundle is given')
  return { ...first, others: judged.filter((file) => file !== first.decidesIn) }
}
