import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemSpawn } from '../../host/index.ts'
import { readProjectSource } from './project-source.ts'
import { readStaticProject } from './static-project.ts'
import { tagNotes } from './tag-notes.ts'

const env = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent' }

let root: string
let project: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-tag-'))
  project = join(root, 'project')
  execFileSync('git', ['init', '--quiet', '-b', 'main', project], { env })
  await writeFile(join(project, 'pyproject.toml'), '[project]\nname = "my.pkg"\nversion = "1.1"\n')
  git('add', '.')
  git('commit', '--quiet', '-m', 'x')
})
afterEach(() => rm(root, { recursive: true }))

function git(...args: readonly string[]): void {
  const identity = ['-c', 'user.name=A', '-c', 'user.email=a@example.com']
  execFileSync('git', ['-C', project, ...identity, ...args], { env })
}

async function notesOf(name: string): Promise<readonly string[]> {
  const ports = { spawn: systemSpawn, env, scratch: join(root, 'scratch') }
  return tagNotes(await readProjectSource(project, { ...ports, choice: { kind: 'ref', name } }), env)
}

describe('before a pipeline', () => {
  it('a tag of another version than that of pyproject.toml is named with both', async () => {
    git('tag', 'v1.2')
    git('tag', 'my-pkg-1.1.0')
    git('tag', 'latest')
    expect(await notesOf('v1.2')).toEqual([
      'warning: the tag v1.2 names version 1.2, and pyproject.toml has version 1.1',
    ])
    for (const tag of ['my-pkg-1.1.0', 'latest', 'main']) expect(await notesOf(tag)).toEqual([])
  })

  it('a branch that releases nothing is called that', async () => {
    git('branch', 'feature')
    expect(await notesOf('feature')).toEqual([
      expect.stringContaining('neither a tag nor the default branch'),
    ])
  })
})

describe('readStaticProject', () => {
  it.each([
    ['[project]\nname = "a"\nversion = "1"', { name: 'a', version: '1' }],
    ['[tool.poetry]\nname = "a"\nversion = "1"', { name: 'a', version: '1' }],
    ['[project]\nname = "a"\ndynamic = ["version"]', { name: 'a', version: undefined }],
    ['project = 1\n[tool]\npoetry = [1]', { name: undefined, version: undefined }],
    ['[', { name: undefined, version: undefined }],
    ['', { name: undefined, version: undefined }],
  ])('%j', (text, found) => {
    expect(readStaticProject(text)).toEqual(found)
  })
})
