/** Attacks 22 to 31 on versions, freshness and mixtures of files, each with the code that it meets. */
import { afterEach, describe, expect, it } from 'vitest'
import {
  DAY_MS,
  entryFor,
  fetched,
  NEWER,
  NOW,
  offer,
  openBench,
  policyOf,
  provenanceOf,
  refusalFor,
  SEALED,
  WHEEL,
  type Bench,
} from '../../src/gate/life/arrange.ts'
import { bytesOf, makeSeal, OTHER, type SealChanges } from '../../src/registry/seals/arrange.ts'
import { expectCovered } from '../support/covered.ts'

const BY_HISTORY = `version = 1
[unlisted]
learn = true
unsigned = "never-sealed"
cooldown = "7d"
settle = "30d"
late = "14d"
`
const SDIST = 'demo-1.0.tar.gz'

let bench: Bench
afterEach(() => bench.close())

async function gate(rules: string, files: Readonly<Record<string, FileOf>>): Promise<Bench> {
  bench = await openBench({ rules })
  for (const [fileName, file] of Object.entries(files)) add(fileName, file)
  return bench
}

interface FileOf {
  /** Left out, it has no seal. */
  readonly seal?: SealChanges
  readonly ageDays?: number
  readonly bytes?: Uint8Array
}

function add(fileName: string, { seal, ageDays = 100, bytes }: FileOf): void {
  const listed = { uploadedAtMs: NOW - ageDays * DAY_MS }
  const sealed =
    seal === undefined ? {} : { provenance: provenanceOf(makeSeal({ of: fileName, ...seal }).attestation) }
  offer(bench.upstream, fileName, { listed, ...sealed, ...(bytes === undefined ? {} : { bytes }) })
}

/** What the page says of each file: null for what may be chosen. */
async function codes(): Promise<Readonly<Record<string, string | null>>> {
  const { files } = await bench.gate.page('demo')
  return Object.fromEntries(
    files.map(({ fileName, yanked }) => [fileName, yanked && (/\((.*?)\)/.exec(yanked)?.[1] ?? yanked)]),
  )
}

const own: SealChanges = {}
const mallory: SealChanges = { project: OTHER }

describe('attacks on versions', () => {
  it('22: the seal of one version on the file of another, and on the same bytes under another name', async () => {
    await gate(SEALED, { [WHEEL]: { seal: own }, [NEWER]: { seal: { of: WHEEL } } })
    expect(await fetched(bench.gate, NEWER)).toBe('verify.attestation')
    await bench.close()
    await gate(SEALED, { [WHEEL]: { seal: own }, [NEWER]: { seal: { of: WHEEL }, bytes: bytesOf(WHEEL) } })
    expect([await fetched(bench.gate, NEWER), await fetched(bench.gate, WHEEL)]).toEqual([
      'verify.attestation',
      'allowed',
    ])
    await expectCovered([
      ['src/verify/attacks/evidence.test.ts', '22: the seal of one version on the file of another'],
      ['src/gate/life/judging.test.ts', 'the same bytes under another one have none'],
    ])
  })

  it('23: a version that was served is taken off the page: its lock reads why, and it is not forgotten', async () => {
    await gate(SEALED, { [WHEEL]: { seal: own }, [NEWER]: { seal: own } })
    await fetched(bench.gate, NEWER)
    bench.upstream.offers.delete(NEWER)
    await bench.pass(60_000)
    expect(await codes()).toEqual({ [WHEEL]: null, [NEWER]: 'gate.gone' })
    expect(await fetched(bench.gate, NEWER)).toBe('gate.gone')
    // Back again with other bytes it is not what it was.
    add(NEWER, { seal: { content: 'other' }, bytes: Buffer.from('other') })
    await bench.pass(60_000)
    expect(await fetched(bench.gate, NEWER)).toBe('gate.digest')
    await expectCovered([
      ['src/gate/life/refresh.test.ts', 'is noticed where a page is older than one before'],
    ])
  })

  const served = SEALED.replace('names', 'gone = "serve"\nnames')

  it('23: where the rule serves it, a version that is taken off the page stays on it, and is served: no rollback', async () => {
    await gate(served, { [WHEEL]: { seal: own }, [NEWER]: { seal: own } })
    expect(await fetched(bench.gate, NEWER)).toBe('allowed')
    bench.upstream.offers.delete(NEWER)
    await bench.pass(60_000)
    expect(await codes()).toEqual({ [WHEEL]: null, [NEWER]: null })
    const asked = bench.upstream.asked.length
    expect([await fetched(bench.gate, NEWER), await fetched(bench.gate, NEWER, 'metadata')]).toEqual([
      'allowed',
      'allowed',
    ])
    expect(bench.upstream.asked.slice(asked)).toEqual([])
  })

  it('23: where it was never kept, it is listed and answered with the sentence, so that nothing lower is taken', async () => {
    await gate(served, { [WHEEL]: { seal: own }, [NEWER]: { seal: own } })
    await bench.gate.page('demo')
    const kept = bench.upstream.offers.get(NEWER)!
    bench.upstream.offers.delete(NEWER)
    await bench.pass(60_000)
    expect(await codes()).toEqual({ [WHEEL]: null, [NEWER]: null })
    for (const kind of [undefined, 'metadata'] as const) {
      const { status, sentence } = await refusalFor(bench.gate, NEWER, kind)
      expect([status, sentence]).toEqual([
        403,
        expect.stringMatching(
          /^refused \(gate\.gone\): demo 2\.0: pypi took it back on [-0-9]{10}, and this gate has not kept it; see /,
        ),
      ])
    }
    expect(bench.upstream.asked).not.toContain(`open ${NEWER}`)
    // Back again it is what it was.
    bench.upstream.offers.set(NEWER, kept)
    await bench.pass(60_000)
    expect(await fetched(bench.gate, NEWER)).toBe('allowed')
  })

  it('23: a whole page that is gone is served as before, until quarantine or another rule ends it', async () => {
    await gate(served, { [WHEEL]: { seal: own }, [NEWER]: { seal: own } })
    await fetched(bench.gate, NEWER)
    bench.upstream.offers.clear()
    await bench.pass(60_000)
    expect(await codes()).toEqual({ [WHEEL]: null, [NEWER]: null })
    expect([await fetched(bench.gate, NEWER), await fetched(bench.gate, WHEEL)]).toEqual([
      'allowed',
      'gate.gone',
    ])
    // Who hides a file hides its seals too: that nobody has any now is not believed.
    expect(await codes()).toEqual({ [WHEEL]: null, [NEWER]: null })
    const ended = await policyOf(SEALED)
    expect(await fetched(bench.reopen({ policy: () => ended }), NEWER)).toBe('gate.gone')
    add(WHEEL, { seal: own })
    bench.upstream.page = { status: 'quarantined' }
    await bench.pass(60_000)
    await bench.gate.page('demo')
    bench.upstream.offers.clear()
    await bench.pass(60_000)
    expect(await fetched(bench.gate, NEWER)).toBe('gate.quarantined')
  })

  it('23: what is gone is said in the status and in why, whatever the rule says', async () => {
    for (const rules of [served, SEALED]) {
      await gate(rules, { [WHEEL]: { seal: own }, [NEWER]: { seal: own } })
      await fetched(bench.gate, NEWER)
      bench.upstream.offers.delete(NEWER)
      await bench.pass(60_000)
      const { files } = await bench.gate.why('demo', '2.0')
      expect(files[0]?.notes).toEqual([expect.stringMatching(/^gone upstream since \d{4}-\d\d-\d\d$/)])
      const { soon } = await bench.gate.status(0)
      expect(soon).toEqual([expect.stringMatching(/^demo 2\.0 is gone upstream since \d{4}-\d\d-\d\d$/)])
      await bench.close()
    }
    await gate(SEALED, {})
  })

  it('24: an upstream that stays as it was, or silent, is served until the limit: gate.stale', () =>
    withNothing([
      ['src/gate/life/refresh.test.ts', 'stays while its upstream is dead, until the limit'],
      [
        'src/gate/life/refresh.test.ts',
        'does not wait longer than three seconds for an upstream that is silent',
      ],
    ]))

  it('25: a version from an epoch far ahead is as young and as unsigned as any: gate.held, gate.unsigned', async () => {
    const far = 'demo-999!1.0-py3-none-any.whl'
    await gate(BY_HISTORY, { [WHEEL]: {}, [far]: { ageDays: 1 } })
    expect(await codes()).toEqual({ [WHEEL]: null, [far]: 'gate.held' })
    await bench.close()
    await gate(SEALED, { [WHEEL]: { seal: own }, [far]: { ageDays: 1 } })
    expect(await codes()).toEqual({ [WHEEL]: null, [far]: 'gate.unsigned' })
  })

  it('26: a file of another signer, or of none, takes its release with it: gate.release', async () => {
    await gate(SEALED, { [WHEEL]: { seal: own }, [SDIST]: { seal: mallory } })
    expect(await codes()).toMatchObject({ [WHEEL]: 'gate.release', [SDIST]: 'verify.identity' })
    await bench.close()
    await gate(SEALED, { [WHEEL]: { seal: own }, [SDIST]: {} })
    expect(await codes()).toMatchObject({ [WHEEL]: 'gate.release', [SDIST]: 'gate.unsigned' })
    await bench.close()
    await gate(SEALED.replace('names', 'partial = "sealed-only"\nnames'), {
      [WHEEL]: { seal: own },
      [SDIST]: {},
    })
    expect(await codes()).toEqual({ [WHEEL]: null, [SDIST]: 'gate.unsigned' })
  })

  it('27: a file joins a release of long ago: gate.late', async () => {
    await gate(BY_HISTORY, { [WHEEL]: { ageDays: 400 }, [SDIST]: { ageDays: 10 } })
    expect(await codes()).toEqual({ [WHEEL]: null, [SDIST]: 'gate.late' })
  })

  it('28: a release without a seal after sealed ones: gate.downgrade', async () => {
    await gate(BY_HISTORY, { [WHEEL]: { seal: own }, [NEWER]: { ageDays: 8 } })
    await fetched(bench.gate, WHEEL)
    expect(await codes()).toEqual({ [WHEEL]: null, [NEWER]: 'gate.downgrade' })
    expect(await fetched(bench.gate, NEWER)).toBe('gate.downgrade')
  })

  it('29: another repository signs: gate.changed, until a person approves it by name', async () => {
    await gate(BY_HISTORY, { [WHEEL]: { seal: own }, [NEWER]: { seal: mallory, ageDays: 8 } })
    await fetched(bench.gate, WHEEL)
    const person = { by: 'ops@acme.example', why: 'they have moved' }
    await bench.gate.approve('demo', { repository: 'acme/app', ...person })
    expect(await fetched(bench.gate, NEWER)).toBe('gate.changed')
    expect(entryFor(await bench.gate.page('demo'), NEWER)?.yanked).toMatch(
      /was signed by gitlab\.example\/acme\/app-evil, earlier releases by gitlab\.example\/acme\/app/,
    )
    await bench.gate.approve('demo', { repository: 'acme/app-evil', ...person })
    expect(await fetched(bench.gate, NEWER)).toBe('allowed')
    await bench.gate.forget('demo', person)
    expect(await bench.store.listPinEvents('prod', 'demo')).toMatchObject([
      { kind: 'approved', ...person },
      { kind: 'approved', ...person },
      { kind: 'forgotten', ...person },
    ])
  })

  it('30: the first that is seen is the attacker: it is held, and it becomes no pin', async () => {
    await gate(BY_HISTORY, { [WHEEL]: { seal: mallory, ageDays: 1 } })
    expect(await fetched(bench.gate, WHEEL)).toBe('gate.held')
    await bench.gate.page('demo')
    await bench.pass(0)
    expect(await bench.store.listPinEvents('prod', 'demo')).toEqual([])
    await expectCovered([
      ['src/gate/pins/learn.test.ts', 'two releases that are both too young'],
      ['src/gate/pins/learn.test.ts', 'releases of a private name'],
    ])
  })

  it('31: a back-port without a seal, long settled, is no downgrade', async () => {
    await gate(BY_HISTORY, { [NEWER]: { seal: own, ageDays: 90 }, [WHEEL]: { ageDays: 31 } })
    await fetched(bench.gate, NEWER)
    expect(await codes()).toEqual({ [NEWER]: null, [WHEEL]: null })
  })
})

async function withNothing(covered: Parameters<typeof expectCovered>[0]): Promise<void> {
  bench = await openBench()
  await expectCovered(covered)
}

it('71: a policy that is changed is another policy, by its digest, and decides at once', async () => {
  await gate(SEALED, { [WHEEL]: { seal: own } })
  const [before, after] = [
    await policyOf(SEALED),
    await policyOf(SEALED.replace('acme/app', 'acme/app-evil')),
  ]
  let policy = before
  const renewed = bench.reopen({ policy: () => policy })
  expect(await fetched(renewed, WHEEL)).toBe('allowed')
  policy = after
  expect(await fetched(renewed, WHEEL)).toBe('verify.identity')
  expect((await renewed.status(0)).policy.sha256).toBe(after.sha256)
  expect(after.sha256).not.toBe(before.sha256)
})
