import { describe, expect, it } from 'vitest'
import { guide, shortGuide, type Ready } from './up-guide.ts'

const ready: Ready = {
  url: 'http://127.0.0.1:7711',
  data: '/home/ada/my data',
  fingerprint: `sha256:${'0123456789abcdef'.repeat(4)}`,
  reasons: [],
  gates: [],
}

describe('guide', () => {
  it('of a server that is not ready says why, and aims nobody at it', () => {
    const said = guide({ ...ready, reasons: ['Rekor: the log is frozen'] }, 80)
    expect(said.slice(0, 2)).toEqual([
      'NOT READY at http://127.0.0.1:7711, data in /home/ada/my data (Ctrl-C ends it)',
      '  Rekor: the log is frozen',
    ])
    expect(said.join('\n')).not.toMatch(/^ready|cosign/m)
  })

  it.each([80, 120])('at %i columns has no wider line but where one word is', (width) => {
    const wide = guide(ready, width).filter((line) => line.length > width)
    expect(wide.filter((line) => line.trim().split(' ').length > 3)).toEqual([])
  })

  it.each([
    'cosign 2',
    'cosign 3',
    'sigstore-python',
    'sigstore-js',
    'rekor-cli',
    'twine',
    'pip',
    'uv',
    'curl',
  ])('aims %s here', (client) => {
    expect(guide(ready, 80).join('\n')).toContain(client)
  })

  it.each(['twine upload'])('names the distributions alone where %s would take every file', (client) => {
    const line = guide(ready, 10_000).find((text) => text.includes(client))
    expect(line).toMatch(/ dist\/\*\.whl dist\/\*\.tar\.gz$/)
  })

  it('quotes what a shell would take apart, and can be pasted however wide it is', () => {
    const joined = guide(ready, 80)
      .join('\n')
      .replaceAll(/ \\\n +/g, ' ')
    expect(joined).toContain("wheelseal trust export --out trust --data '/home/ada/my data'\n")
    expect(joined).toBe(guide(ready, 10_000).join('\n'))
  })

  it('is two lines for a machine', () => {
    expect(shortGuide(ready)).toHaveLength(2)
    expect(shortGuide(ready).join()).toContain(ready.fingerprint)
  })

  it('aims installers at each gate', () => {
    const said = guide({ ...ready, gates: ['prod', 'lab'] }, 120).join('\n')
    expect(said).toContain('export UV_DEFAULT_INDEX=http://127.0.0.1:7711/gate/prod/simple/')
    expect(said).toContain('pip config set global.index-url http://127.0.0.1:7711/gate/lab/simple/')
    expect(guide(ready, 120).join('\n')).not.toContain('/gate/')
  })
})
