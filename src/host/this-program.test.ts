import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runtimeName, startedAs, thisProgram } from './this-program.ts'

let folder = ''
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'wheelseal-program-')))
  writeFileSync(join(folder, 'program.mjs'), '')
  symlinkSync('program.mjs', join(folder, 'cosign'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function underNode(script: string) {
  return {
    argv: ['/bin/node', script, 'verify'],
    argv0: 'node',
    execPath: '/bin/node',
    versions: { node: '24.1.0' },
  }
}

function executable(argv0: string) {
  const versions = { node: '26.0.0', bun: '1.2.3' }
  return { argv: ['bun', '/$bunfs/root/wheelseal', 'verify'], argv0, execPath: '/opt/wheelseal', versions }
}

describe('a program under Node', () => {
  it('is started again by Node and its file, behind all links', () => {
    const program = thisProgram(underNode(join(folder, 'cosign')))
    expect(program).toEqual(['/bin/node', join(folder, 'program.mjs')])
  })

  it('is called as its file or link is', () => {
    expect(startedAs(underNode(join(folder, 'cosign')))).toBe('cosign')
    expect(startedAs(underNode(join(folder, 'program.mjs')))).toBe('program.mjs')
  })

  it('has its version', () => {
    expect(runtimeName(underNode('x'))).toBe('Node 24.1.0')
  })
})

describe('an executable', () => {
  it('is started again by itself', () => {
    expect(thisProgram(executable('cosign'))).toEqual(['/opt/wheelseal'])
  })

  it('is called as its file or link is', () => {
    expect(startedAs(executable('/usr/bin/cosign'))).toBe('cosign')
    expect(startedAs(executable('wheelseal'))).toBe('wheelseal')
  })

  it('has the version of the runtime inside', () => {
    expect(runtimeName(executable('wheelseal'))).toBe('Bun 1.2.3')
  })
})
