import { join } from 'node:path'
import { matching, type Policy } from '../../verify/index.ts'
import { judgeFiles, type FetchIo } from '../fetch/index.ts'
import { prepare, verifyTargets, type FileOutcome, type VerifyPlan } from '../verify/index.ts'
import type { PolicyPlan } from './plan.ts'

/**
 * Everything that verification checks but who it was: all seals of all files must hold, beside the files and in the
 * registry. Throws what makes all of it a refusal: `packaging.…`, `net.…`, `client.verify-…`, `host.…`.
 */
export async function judgeTrusted(plan: PolicyPlan, io: FetchIo): Promise<readonly FileOutcome[]> {
  const verify = await verifyPlanOf(plan)
  const local = plan.targets.length === 0 ? [] : await judgeLocal(verify, io)
  const { release } = plan
  if (release === undefined) return local
  const out = join(io.cacheFolder, 'policy')
  const remote = await judgeFiles({ ...release, out, verify: { ...verify, targets: [] } }, io)
  return [...local, ...remote.map(({ outcome }) => outcome)]
}

async function judgeLocal(plan: VerifyPlan, io: FetchIo): Promise<readonly FileOutcome[]> {
  return verifyTargets(await prepare(plan, io), () => io.onEach?.())
}

async function verifyPlanOf({ targets, trust, network }: PolicyPlan): Promise<VerifyPlan> {
  const expectation = { kind: 'policy', policy: await anyone() } as const
  return { targets, trust, network, expectation, seal: { kind: 'beside' }, origins: [], leftOut: [] }
}

/** Whoever signed. A verdict under it says who, and that nothing is wrong with the seal; never that the file may be taken. */
async function anyone(): Promise<Policy> {
  const any = await matching('(?s).*')
  return { anyOf: [{ san: any, issuer: any }], rule: 'any signer' }
}
