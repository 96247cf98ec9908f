import { defineErrors } from '../base/index.ts'

export const repositoryErrors = defineErrors({
  'repositories.request': {
    status: 400,
    exit: 1,
    summary: 'A request of git is malformed.',
    hint: 'use stock git over its smart HTTP protocol',
  },
  'repositories.too-large': {
    status: 413,
    exit: 1,
    summary: 'A request of git is larger than the server allows.',
    hint: 'push fewer refs at once, or fetch into a fresh clone',
  },
  'repositories.unknown': {
    status: 404,
    exit: 1,
    summary: 'The repository has no such branch, tag, commit or file.',
    hint: 'check the name; a project has a repository after its first push',
  },
  'repositories.no-pipeline': {
    status: 400,
    exit: 1,
    summary: 'No pipeline can be made of the commit.',
    hint: 'correct the pipeline file at the named place and push again',
  },
})
