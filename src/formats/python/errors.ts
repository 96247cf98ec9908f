import { defineErrors } from '../../base/index.ts'

export const pythonErrors = defineErrors({
  'python.name': {
    status: 400,
    exit: 1,
    summary: 'The name is not a valid Python package name.',
    hint: 'use ASCII letters, digits, ".", "_" and "-", with a letter or digit at both ends',
  },
  'python.version': {
    status: 400,
    exit: 1,
    summary: 'The version is not valid (PEP 440).',
    hint: 'write a version such as 1.0.0, 1.0rc1 or 1.0.post1',
  },
  'python.file-name': {
    status: 400,
    exit: 1,
    summary: 'The file name is not that of a wheel or sdist.',
    hint: "build the file with 'python -m build', which names it NAME-VERSION-PYTHON-ABI-PLATFORM.whl or NAME-VERSION.tar.gz",
  },
})
