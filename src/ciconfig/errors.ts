import { defineErrors } from '../base/index.ts'

/** `ciconfig.invalid` is what is thrown; the other codes are those of the problems that it carries. */
const kinds = {
  'ciconfig.invalid': {
    status: 400,
    exit: 1,
    summary: 'The pipeline file is wrong; each problem has its place in the file.',
    hint: 'mend the lines that are named',
  },
  'ciconfig.yaml': {
    status: 400,
    exit: 1,
    summary: 'The pipeline file is not YAML as GitLab reads it (YAML 1.1, 1 MB, 100 levels).',
    hint: 'mend the YAML at the place that is named; quote texts that look like something else',
  },
  'ciconfig.unsupported': {
    status: 400,
    exit: 1,
    summary: 'The pipeline file uses a keyword that GitLab has and this version does not execute.',
    hint: 'remove the keyword, or run the pipeline on GitLab; nothing is ever ignored silently',
  },
  'ciconfig.unknown': {
    status: 400,
    exit: 1,
    summary: 'The pipeline file uses a keyword that GitLab does not have.',
    hint: 'check the spelling; keywords are written in lower case with underscores',
  },
  'ciconfig.type': {
    status: 400,
    exit: 1,
    summary: 'A keyword of the pipeline file has a value of the wrong kind.',
    hint: 'write the kind of value that the message names',
  },
  'ciconfig.value': {
    status: 400,
    exit: 1,
    summary: 'A keyword of the pipeline file is missing or has a value that is not allowed.',
    hint: 'write one of the values that the message names',
  },
  'ciconfig.extends': {
    status: 400,
    exit: 1,
    summary: 'A job extends something that does not exist, itself, or too many levels of templates.',
    hint: 'name jobs or templates of the same file, at most 11 levels deep',
  },
  'ciconfig.variables': {
    status: 400,
    exit: 1,
    summary: 'The variables of the pipeline file refer to each other in a circle, or grow too large.',
    hint: 'break the circle; write $$ for a dollar sign that is no reference',
  },
  'ciconfig.no-jobs': {
    status: 400,
    exit: 1,
    summary: 'The pipeline file gives a pipeline without jobs.',
    hint: 'add a job with a script in a stage other than .pre and .post',
  },
  'ciconfig.duplicate-key': {
    status: 400,
    exit: 1,
    summary: 'A warning: a key stands twice in one map; as on GitLab the last one counts.',
    hint: 'remove one of the two',
  },
  'ciconfig.rewritten': {
    status: 400,
    exit: 1,
    summary:
      'A warning: YAML reads an unquoted value as a number or a truth value and writes it differently.',
    hint: 'put the value into quotes',
  },
} as const

export const ciconfigErrors = defineErrors(kinds)

export type ProblemCode = Exclude<keyof typeof kinds, 'ciconfig.invalid'>
