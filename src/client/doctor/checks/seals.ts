import { join } from 'node:path'
import { sealedFile } from '../../../formats/sigstore/index.ts'
import { exactly, type Identity } from '../../../verify/index.ts'
import { prepare, verifyTargets, type Expectation, type FileOutcome } from '../../verify/index.ts'
import { groupOf } from '../../settings/index.ts'
import { failed, ok, skipped, type Check, type Finding } from '../check.ts'
import type { Facts } from '../facts.ts'

const MAX_FILES = 20

/** What lies in `dist/` with signatures, verified as its consumers will. */
export const sealsCheck: Check = {
  name: 'seals',
  effectOf: [
    'settings',
    'variables',
    'clock',
    'proxies',
    'services',
    'trust root',
    'keys',
    'log',
    'identity',
  ],
  look: async (facts) => {
    const { io } = facts
    const folder = join(io.folder, 'dist')
    const names = await io.list(folder)
    const sealed = new Set(names.flatMap((name) => sealedFile(name) ?? []))
    const files = names.filter((name) => sealed.has(name)).slice(0, MAX_FILES)
    if (files.length === 0) return [skipped('dist/ has no signed files')]
    const expected = await expectationOf(facts)
    if (expected === undefined)
      return [
        skipped(
          `dist/ has signed files (${files.length}), and who must have signed them is not configured`,
          'wheelseal policy init dist/* shows who signed them, and writes a policy if you trust them; then set policy in wheelseal.toml',
        ),
      ]
    const { trust } = await io.choices.trust()
    const targets = files.map((name) => ({ kind: 'file' as const, path: join(folder, name) }))
    const plan = {
      targets,
      seal: { kind: 'beside' },
      trust,
      expectation: expected.expectation,
      network: 'allowed',
      origins: [],
      leftOut: [],
    } as const
    const outcomes = await verifyTargets(await prepare(plan, io), () => undefined)
    return findingsOf(outcomes, expected.from)
  },
}

function findingsOf(outcomes: readonly FileOutcome[], from: string): readonly Finding[] {
  const refused = outcomes.filter(({ verdict }) => verdict?.verified !== true)
  if (refused.length === 0)
    return [ok(`the signed files in dist/ (${outcomes.length}) verify, for the signer of ${from}`)]
  return refused.map(({ file, message, hint }) =>
    failed({
      fact: `verification failed: ${message}`,
      reason: `the expected signer is that of ${from}`,
      next: hint ?? `wheelseal verify ${file} shows every check`,
    }),
  )
}

interface Expected {
  readonly expectation: Expectation
  readonly from: string
}

/** What the pipeline's variables say, else the policy of the project, else who signs here. */
async function expectationOf({ io, identity }: Facts): Promise<Expected | undefined> {
  const { CERTIFICATE_IDENTITY: san, CERTIFICATE_OIDC_ISSUER: issuer } = io.env
  if (san && issuer) return { expectation: exactSigner({ san, issuer }), from: 'CERTIFICATE_IDENTITY' }
  const { policy } = groupOf(await io.choices.settings(), ['policy'])
  if (policy !== undefined)
    return { expectation: { kind: 'policy-file', path: policy.value }, from: `the policy ${policy.value}` }
  const signer = await identity().catch(() => undefined)
  return signer === undefined ? undefined : { expectation: exactSigner(signer), from: 'the id token' }
}

function exactSigner({ san, issuer }: Pick<Identity, 'san' | 'issuer'>): Expectation {
  const anyOf = [{ san: exactly(san), issuer: exactly(issuer) }]
  return { kind: 'policy', policy: { anyOf, rule: 'the expected identity is that of this environment' } }
}
