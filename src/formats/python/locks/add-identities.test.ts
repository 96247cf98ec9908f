import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../base/index.ts'
import { addIdentities, readLock, type AttestationIdentity } from './index.ts'

const cases = join(import.meta.dirname, '../../../../tests/cases/locks')
const path = 'pylock.toml'
const GITLAB = { kind: 'GitLab', repository: 'acme/a', workflow_filepath: '.gitlab-ci.yml' }
const ODD = { kind: 'GitHub', repository: 'a/"b"\\\u007F\n', 'odd key': 'x' }

function add(text: string, added: readonly (readonly [number, readonly AttestationIdentity[]])[]): string {
  return addIdentities({ path, bytes: utf8(text) }, new Map(added))
}

describe('identities that are written into a lock', () => {
  it.each(['pylock.pip.toml', 'pylock.uv.toml', 'pylock.pdm.toml'])(
    'are read again, and all else is as before: %s',
    (name) => {
      const before = readFileSync(join(cases, name), 'utf8')
      const after = add(before, [
        [2, [GITLAB, ODD]],
        [0, [GITLAB]],
      ])
      const identities = readLock({ path, bytes: utf8(after) }).distributions.map((one) => one.identities)
      expect(identities.slice(0, 4)).toEqual([[GITLAB], undefined, [GITLAB, ODD], undefined])
      const inserted = /\n\[\[packages\.attestation-identities\]\]\n(?:(?:[\w-]+|".*") = .*\n)+/g
      expect(after.match(inserted)).toHaveLength(3)
      expect(after.replaceAll(inserted, '')).toBe(before)
    },
  )

  it('stand before the comments of the next package, with the ends of lines of the file', () => {
    const head =
      'lock-version = "1.0"\r\ncreated-by = "x"\r\n\r\n[[packages]]\r\nname = "a"\r\nwheels = []\r\n'
    const tail = '\r\n# of b\r\n[[packages]]\r\nname = "b"\r\nwheels = []'
    const table = '\r\n[[packages.attestation-identities]]\r\nkind = "GitLab"\r\n'
    const written = add(head + tail, [
      [0, [{ kind: 'GitLab' }]],
      [1, [{ kind: 'GitLab' }]],
    ])
    expect(written).toBe(`${head}${table}${tail}\r\n${table}`)
  })

  it.each([
    ['packages = [{name = "a", wheels = []}]', 'not all under headers'],
    ['[[packages]]\nname = "a"\nwheels = []\nattestation-identities = []\n', 'has identities already'],
    ['[["pack\\u0061ges"]]\nname = "a"\nwheels = []\n', 'not all under headers'],
    [
      '[[packages]]\nname = "a"\nwheels = []\n[tool]\nx = 1\n[[packages]]\nname="b"\nwheels=[]\n[tool.y]\n[packages.tool]',
      '',
    ],
  ])('are not written where they cannot stand: case %#', (text, fact) => {
    const attempt = (): string => add(`lock-version = "1.0"\n${text}`, [[0, [GITLAB]]])
    if (fact === '') expect(attempt()).toContain('wheels = []\n\n[[packages.attestation-identities]]')
    else
      expect(attempt).toThrow(
        expect.objectContaining({
          code: 'lock.identities',
          message: expect.stringContaining(fact) as unknown,
        }),
      )
  })
})
