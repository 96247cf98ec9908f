import type { NewFile } from './store.ts'

export function newFile(changes: Partial<NewFile> = {}): NewFile {
  return {
    projectId: 20,
    kind: 'pypi',
    name: 'My.Pkg',
    nameKey: 'my-pkg',
    version: '1.0.0',
    versionKey: '1',
    fileName: 'my_pkg-1.0.0.tar.gz',
    sha256: 'a'.repeat(64),
    size: 7,
    requiresPython: '>=3.9',
    metadata: { sha256: 'c'.repeat(64), size: 5 },
    createdAtMs: 1000,
    ...changes,
  }
}

export const OTHER = 'b'.repeat(64)
export const FIRST_PAGE = { afterId: 0, limit: 100 }
