import { defineErrors } from '../../../base/index.ts'

export const simpleIndexErrors = defineErrors({
  'python.index-page': {
    status: 400,
    exit: 1,
    summary: 'A page of a simple index is malformed (PEP 503, PEP 691), or has more entries than are read.',
    hint: 'check that the URL is that of a package index',
  },
})
