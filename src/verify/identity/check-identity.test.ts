import { describe, expect, it } from 'vitest'
import { utf8 } from '../../base/index.ts'
import {
  ISSUER,
  makeLeaf,
  request,
  SAN,
  withLeaf,
  withSeal,
  policy,
  type SealRequest,
  check,
  refused,
  refusedOnly,
} from '../arrange.ts'
import { exactly, matching, verifySeal, type TextRule, type VerifyRequest } from '../index.ts'

const expecting = (san: string, issuer = ISSUER): SealRequest => ({
  ...request,
  policy: { anyOf: [{ san: exactly(san), issuer: exactly(issuer) }] },
})

describe('attacks on the identity', () => {
  it.each([
    ['2: another project with the same prefix', SAN.replace('/app//', '/app-evil//')],
    ['2: another group', SAN.replace('acme', 'acme2')],
    ['3: a merge request of the project', SAN.replace('heads/main', 'merge-requests/7/head')],
    ['3: another branch', SAN.replace('main', 'feature')],
    ['4: another file', SAN.replace('.gitlab-ci.yml', 'other.yml')],
    ['a longer name', `${SAN}-2`],
    ['a shorter name', SAN.slice(0, -1)],
    ['another case', SAN.replace('acme', 'ACME')],
    ['a character that patterns know', SAN.replace('gitlab.example', 'gitlabXexample')],
  ])('%s', (_what, san) => {
    refusedOnly(withLeaf(makeLeaf({ uri: san })), 'identity')
    expect(check(withLeaf(makeLeaf({ uri: san })), 'identity')).toMatchObject({ expected: SAN, found: san })
    refusedOnly(expecting(san), 'identity')
  })

  it.each([
    ['https://gitlab.example.evil.test'],
    ['https://gitlab.example/'],
    ['http://gitlab.example'],
    ['https://gitlab-example'],
    ['https://GitLab.example'],
  ])('5: the issuer %s', (issuer) => {
    const extensions = [1, 8].map((arc) => ({ arc, value: issuer }))
    refusedOnly(withLeaf(makeLeaf({ extensions })), 'issuer')
    refusedOnly(expecting(SAN, issuer), 'issuer')
  })

  it('5: refuses an issuer in one extension only, and two different ones', () => {
    for (const extensions of [
      [{ arc: 1, value: ISSUER }],
      [{ arc: 8, value: ISSUER }],
      [
        { arc: 1, value: ISSUER },
        { arc: 8, value: 'https://evil.test' },
      ],
      [],
    ]) {
      const changed = withLeaf(makeLeaf({ extensions }))
      refused(changed, 'identity')
      expect(check(changed, 'issuer')?.outcome).toBe('undecided')
    }
  })

  it('6: refuses a URI that cosign would write otherwise, also where the policy names it so', () => {
    const uri = SAN.replace('https', 'HTTPS')
    refused({ ...withLeaf(makeLeaf({ uri })), policy: expecting(uri).policy }, 'identity')
  })

  it('6: refuses names with NUL, line breaks or characters beyond ASCII', () => {
    for (const tail of ['\0', '\0.evil.test', '\n', 'é', '\u202e']) {
      refused(withLeafBytes(tail), 'certificate')
    }
  })

  it('takes name and issuer from one rule, never from two', () => {
    const [first, second] = [
      { san: exactly(SAN), issuer: exactly('https://other.test') },
      { san: exactly('https://other.test/x'), issuer: exactly(ISSUER) },
    ]
    refusedOnly({ ...request, policy: { anyOf: [first, second] } }, 'issuer')
    refusedOnly({ ...request, policy: { anyOf: [second] } }, 'identity')
    const both = { anyOf: [first, second, ...policy.anyOf] }
    expect(verifySeal({ ...request, policy: both }).verified).toBe(true)
    refused({ ...request, policy: { anyOf: [] } }, 'identity')
  })

  it('reads an exact rule as text and anchors a pattern', async () => {
    const by = (san: TextRule): boolean =>
      verifySeal({ ...request, policy: { anyOf: [{ san, issuer: exactly(ISSUER) }] } }).verified
    expect(by(await matching('https://gitlab\\.example/acme/app//.*'))).toBe(true)
    expect(by(await matching('acme/app'))).toBe(false)
    expect(by(await matching('https://gitlab\\.example/acme|x'))).toBe(false)
    expect(by(exactly('.*'))).toBe(false)
  })

  it('takes no pattern that closes its own anchors', async () => {
    await expect(matching('https://other)|(?:https://gitlab')).rejects.toThrow(SyntaxError)
  })
})

/** A leaf whose name has a tail that the builder would not be asked for. */
function withLeafBytes(tail: string): VerifyRequest {
  const marked = makeLeaf({ uri: `${SAN}${'~'.repeat(utf8(tail).length)}` })
  const der = Buffer.from(marked.der)
  der.set(utf8(tail), der.indexOf(`${SAN}~`) + SAN.length)
  return withSeal({ certificate: new Uint8Array(der) })
}
