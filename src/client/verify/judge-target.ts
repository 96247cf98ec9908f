import { basename } from 'node:path'
import { encodeHex, WheelsealError } from '../../base/index.ts'
import {
  explainDistribution,
  verifyDistribution,
  verifyErrors,
  type Artifact,
  type DistributionRequest,
  type DistributionVerdict,
  type Expected,
  type SealFile,
} from '../../verify/index.ts'
import { artifactOf } from './artifact.ts'
import { clientVerifyErrors } from './errors.ts'
import type { FileOutcome } from './outcome.ts'
import type { Target } from './plan.ts'
import type { Prepared } from './prepared.ts'

/**
 * All seals of a target are read, then the target, once; then `verify/` decides. Throws why there is nothing to judge:
 * `verify.no-seal`, `sigstore.…`, `host.…`.
 */
export async function judgeTarget(target: Target, prepared: Prepared): Promise<Omit<FileOutcome, 'file'>> {
  const { sealFiles, notChecked } = await prepared.sealsOf(target)
  for (const file of sealFiles) checkTargets(file, prepared)
  const expected = prepared.expectedOf(target)
  const key = 'key' in expected ? { key: expected.key } : {}
  const seals = sealFiles.flatMap((file) => file.seals)
  const artifact = await artifactOf(target, { seals, io: prepared.io, ...key })
  const request = {
    artifact,
    ...(target.kind === 'file' ? { fileName: basename(target.path) } : {}),
    expected,
    trustRoot: prepared.start.trustRoot,
    sealFiles,
    askLog: logAsked({ artifact, expected, prepared }),
  }
  const { found, setAside } = await decide(request, prepared.seals)
  return {
    sha256: encodeHex(artifact.sha256),
    ...described(target.kind === 'file' ? target.path : target.text, found),
    notChecked: [...notChecked, ...found.notChecked.flatMap(({ paths }) => paths)],
    ...(setAside.length === 0 ? {} : { setAside }),
  }
}

interface Decision {
  readonly found: DistributionVerdict
  readonly setAside: readonly string[]
}

/** Where one seal is enough, those that are refused are set aside for one that holds alone; else what all say together counts. */
async function decide(request: DistributionRequest, seals: Prepared['seals']): Promise<Decision> {
  const { sealFiles } = request
  const together = await attempted(() => verifyDistribution(request))
  const isAlone = sealFiles.length < 2 || seals === 'all'
  if (isAlone || ('found' in together && together.found.decides.verdict.verified))
    return decision(together, [])
  for (const one of sealFiles) {
    const alone = await attempted(() => verifyDistribution({ ...request, sealFiles: [one] }))
    if (!('found' in alone) || !alone.found.decides.verdict.verified) continue
    return decision(
      alone,
      sealFiles.flatMap((file) => (file === one ? [] : file.paths)),
    )
  }
  return decision(together, [])
}

type Attempt = { readonly found: DistributionVerdict } | { readonly refusal: WheelsealError }

async function attempted(judge: () => Promise<DistributionVerdict>): Promise<Attempt> {
  try {
    return { found: await judge() }
  } catch (refusal) {
    if (refusal instanceof WheelsealError) return { refusal }
    throw refusal
  }
}

function decision(attempt: Attempt, setAside: readonly string[]): Decision {
  if ('found' in attempt) return { found: attempt.found, setAside }
  throw attempt.refusal
}

/** The signature of one file is not that of several. */
function checkTargets({ paths, seals, layout }: SealFile, { plan: { targets, seal } }: Prepared): void {
  if (seal.kind === 'beside' || targets.length === 1 || layout === 'one a line') return
  if (!seals.some(({ envelope }) => envelope === undefined)) return
  const fact = `${paths.join(', ')} is the signature of one file, but ${targets.length} files are given`
  throw verifyErrors('verify.no-seal', fact, {
    hint: 'leave --bundle out: the signatures and bundles next to each file are used',
  })
}

interface Asking {
  readonly artifact: Artifact
  readonly expected: Expected
  readonly prepared: Prepared
}

function logAsked({
  artifact,
  expected,
  prepared: { plan, io, start },
}: Asking): DistributionRequest['askLog'] {
  return async (seal) => {
    if (plan.network === 'none') {
      const fact = 'the signature has no log entry, and with --offline the log is not asked'
      return { entries: [], refusal: clientVerifyErrors('client.verify-offline', fact) }
    }
    // Loaded here: a seal that holds its entry needs nobody.
    const { askLogs } = await import('./log-entries.ts')
    const key = 'key' in expected ? { key: expected.key } : {}
    return askLogs(seal, { sha256: artifact.sha256, logUrls: start.logUrls, io, ...key })
  }
}

function described(
  name: string,
  found: DistributionVerdict,
): Omit<FileOutcome, 'file' | 'sha256' | 'notChecked'> {
  const { decides, decidesIn, others } = found
  const { verdict, askedLog, askedSeal } = decides
  const also = others.flatMap(({ file, verdicts }) => (verdicts.length === 0 ? [] : file.paths))
  const count = decidesIn.verdicts.length
  return {
    ...explainDistribution(name, found),
    verdict,
    verdicts: [decidesIn, ...others].flatMap((one) => one.verdicts.map((judged) => judged.verdict)),
    checks: verdict.checks,
    seal: [...decidesIn.file.paths, ...others.flatMap(({ file }) => file.paths)],
    ...(also.length === 0 ? {} : { also }),
    ...(count < 2 ? {} : { attestations: count }),
    ...(askedLog === undefined ? {} : { askedLog }),
    ...(verdict.verified && askedSeal !== undefined ? { loggedSeal: askedSeal } : {}),
  }
}
