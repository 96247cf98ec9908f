import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { present, shared } from '../support/judges.ts'
import { sha256 } from '../../src/base/index.ts'
import {
  isInShape,
  sealFromBundle,
  sigstoreJs,
  trustRootFrom,
  type Bundle,
  type Expectation,
  type TrustedRoot,
} from './bundles.ts'
import { exactly, verifySeal } from '../../src/verify/index.ts'

const cases = join(shared, 'cases', 'sigstore-conformance', 'bundle-verify')
const productionRoot = join(shared, 'cases', 'trusted-roots', 'production.json')
const beacon: Expectation = {
  san: 'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main',
  issuer: 'https://token.actions.githubusercontent.com',
}

interface Case {
  readonly bundle: Bundle
  readonly root: TrustedRoot
  readonly file: Uint8Array
  readonly who: Expectation
}

function readCase(name: string): Case | undefined {
  const at = (file: string): string => join(cases, name, file)
  const text = (file: string, otherwise: string): string =>
    existsSync(at(file)) ? readFileSync(at(file), 'utf8').trim() : otherwise
  try {
    const bundle = JSON.parse(readFileSync(at('bundle.sigstore.json'), 'utf8')) as Bundle
    if (!isInShape(bundle)) return undefined
    const rootFile = existsSync(at('trusted_root.json')) ? at('trusted_root.json') : productionRoot
    return {
      bundle,
      root: JSON.parse(readFileSync(rootFile, 'utf8')) as TrustedRoot,
      file: new Uint8Array(readFileSync(existsSync(at('artifact')) ? at('artifact') : join(cases, 'a.txt'))),
      who: { san: text('identity', beacon.san), issuer: text('issuer', beacon.issuer) },
    }
  } catch {
    return undefined
  }
}

/** What cannot be read as a bundle is refused. */
function isAccepted({ bundle, root, file, who }: Case): boolean {
  const digest = sha256(file)
  try {
    const policy = { anyOf: [{ san: exactly(who.san), issuer: exactly(who.issuer) }] }
    const seal = sealFromBundle(bundle, digest)
    return verifySeal({ artifact: { sha256: digest }, seal, trustRoot: trustRootFrom(root), policy }).verified
  } catch {
    return false
  }
}

/** A changed member's name leaves a bundle without that member. */
function isReadable(bundle: Bundle): boolean {
  try {
    return isInShape(bundle)
  } catch {
    return false
  }
}

const hasCases = present(cases, productionRoot)
const names = hasCases ? readdirSync(cases).filter((name) => readCase(name) !== undefined) : []

describe.runIf(hasCases)('sigstore-conformance, the bundles of the shape that is known so far', () => {
  it('has at least 24 of them', () => {
    expect(names.length).toBeGreaterThanOrEqual(24)
  })

  it.each(names)('%s', (name) => {
    const found = readCase(name)!
    const accepted = isAccepted(found)
    expect(accepted).toBe(!name.endsWith('_fail'))
    if (accepted) expect(sigstoreJs(found.root)(found.bundle, found.file, found.who)).toBe(true)
  })
})

describe.runIf(hasCases)('against @sigstore/verify', () => {
  let good: Case
  let theirs: ReturnType<typeof sigstoreJs>
  beforeAll(() => {
    good = readCase('happy-path-v0.3')!
    theirs = sigstoreJs(good.root)
  })

  it('never accepts what it refuses, over changed members of a real bundle', () => {
    const text = JSON.stringify(good.bundle)
    const digits = '0123456789ABCDEFabcdef'.split('')
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom(...digits), (at, digit) => {
        let bundle: Bundle
        try {
          bundle = JSON.parse(text.slice(0, at) + digit + text.slice(at + 1)) as Bundle
        } catch {
          return
        }
        const ours = isReadable(bundle) && isAccepted({ ...good, bundle })
        if (ours) expect(theirs(bundle, good.file, good.who)).toBe(true)
      }),
      { numRuns: 400, seed: 5 },
    )
  })

  it('agrees on who signed', () => {
    const look = [beacon.san.slice(0, -1), `${beacon.san}2`, beacon.san.replace('.github', 'xgithub')]
    for (const san of look) {
      expect(isAccepted({ ...good, who: { ...good.who, san } })).toBe(false)
      expect(theirs(good.bundle, good.file, { ...good.who, san })).toBe(false)
    }
  })
})
