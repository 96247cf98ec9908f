import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TOKEN } from './api/runner-api.contract.ts'

/** For tests: payloads as a server sends them, and a repository with one commit. */
export function jobPayload(repository: { path: string; sha: string }, changes: object): object {
  return {
    id: 301,
    token: TOKEN,
    job_info: { name: 'build', stage: 'build', project_id: 20, project_full_path: 'group/hello' },
    git_info: { repo_url: repository.path, ref: 'main', sha: repository.sha, refspecs: [], depth: 20 },
    runner_info: { timeout: 60 },
    variables: [],
    steps: [step('script', ['true'])],
    image: { name: '' },
    ...changes,
  }
}

export function step(name: string, script: readonly string[]) {
  return {
    name,
    script,
    timeout: 60,
    when: name === 'script' ? 'on_success' : 'always',
    allow_failure: name !== 'script',
  }
}

export function variable(key: string, value: string, flags: object = {}) {
  return { key, value, public: true, masked: false, raw: false, file: false, ...flags }
}

export function makeRepository(path: string): { path: string; sha: string } {
  mkdirSync(path)
  const git = (...words: string[]): string =>
    execFileSync('git', ['-C', path, '-c', 'user.name=T', '-c', 'user.email=t@example.com', ...words], {
      encoding: 'utf8',
    })
  git('init', '-q', '-b', 'main')
  writeFileSync(join(path, 'hello.txt'), 'hello from the commit\n')
  git('add', '.')
  git('commit', '-q', '-m', 'one')
  return { path, sha: git('rev-parse', 'HEAD').trim() }
}
