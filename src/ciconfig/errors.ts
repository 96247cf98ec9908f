import { defineErrors } from '../base/index.ts'

/** `ciconfig.invalid` is what is thrown; the other codes are those of the problems that it carries. */
const kinds = {
  'ciconfig.invalid': {
    status: 400,
    exit: 1,
    summary: 'The pipeline file is invalid; each problem is listed with its position.',
    hint: 'fix the named lines',
  },
  'ciconfig.absent': {
    status: 400,
    exit: 1,
    summary: 'The pipeline file does not exist at this commit.',
    hint: 'commit the file, or correct its path',
  },
  'ciconfig.yaml': {
    status: 400,
    exit: 1,
    summary: 'The pipeline file is not YAML as GitLab reads it (YAML 1.1, 1 MB, 100 levels).',
    hint: 'fix the YAML at the named position; quote strings that look like another type',
  },
  'ciconfig.unsupported': {
    status: 400,
    exit: 1,
    summary: 'The pipeline file uses a GitLab keyword that this version does not support.',
    hint: 'remove the keyword, or run the pipeline on GitLab; docs/reference/pipelines.md lists the supported keywords',
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
    summary: 'A keyword of the pipeline file has a value of the wrong type.',
    hint: 'use the type that the message names',
  },
  'ciconfig.value': {
    status: 400,
    exit: 1,
    summary: 'A required keyword of the pipeline file is missing, or its value is not allowed.',
    hint: 'use one of the values that the message names',
  },
  'ciconfig.extends': {
    status: 400,
    exit: 1,
    summary: 'A job extends an unknown job, itself, or too many levels of templates.',
    hint: 'name jobs or templates of the same file, at most 11 levels deep',
  },
  'ciconfig.reference': {
    status: 400,
    exit: 1,
    summary: 'A !reference names nothing in the pipeline, refers to itself, or is not a list of names.',
    hint: 'write !reference [job, keyword] with a job or template of the pipeline and one of its keywords',
  },
  'ciconfig.condition': {
    status: 400,
    exit: 1,
    summary: 'A condition of rules:if, or of only:variables, cannot be read.',
    hint: 'write $NAME, "text", /pattern/, null, ==, !=, =~, !~, &&, || and parentheses only',
  },
  'ciconfig.rules': {
    status: 400,
    exit: 1,
    summary: 'A rule asks for something of the repository that is not there.',
    hint: 'name a ref of this repository in compare_to, and a project that can be read in exists',
  },
  'ciconfig.needs': {
    status: 400,
    exit: 1,
    summary: 'A job needs or depends on a job that is not in the pipeline, runs later, or needs it in turn.',
    hint: 'correct the name, add optional: true, or move the job to an earlier stage',
  },
  'ciconfig.include': {
    status: 400,
    exit: 1,
    summary: 'A file that the pipeline includes cannot be included.',
    hint: 'correct the entry of include, or place the file where the message says that it was looked for',
  },
  'ciconfig.inputs': {
    status: 400,
    exit: 1,
    summary: 'The inputs of a pipeline file are declared, given or used wrongly.',
    hint: 'declare inputs under spec:inputs in the header of the file, and give each a value of its type',
  },
  'ciconfig.not-executed': {
    status: 400,
    exit: 1,
    summary: 'A warning: a keyword is planned as on GitLab, and not carried out by `wheelseal run`.',
    hint: 'nothing is wrong with the file; where jobs would do something else without it, run refuses the pipeline',
  },
  'ciconfig.variables': {
    status: 400,
    exit: 1,
    summary:
      'The variables of the pipeline file refer to each other in a circle, or expand to too much text.',
    hint: 'break the circle; write $$ for a literal dollar sign',
  },
  'ciconfig.no-jobs': {
    status: 400,
    exit: 1,
    summary: 'The pipeline has no jobs, or its workflow says that it does not run.',
    hint: 'plan with --why JOB to see which rule decided; add a job with a script in a stage other than .pre and .post',
  },
  'ciconfig.duplicate-key': {
    status: 400,
    exit: 1,
    summary: 'A warning: a key appears twice in one map; as on GitLab, the last one counts.',
    hint: 'remove one of the two',
  },
  'ciconfig.rewritten': {
    status: 400,
    exit: 1,
    summary: 'A warning: YAML reads an unquoted value as a number or boolean and writes it differently.',
    hint: 'quote the value',
  },
} as const

export const ciconfigErrors = defineErrors(kinds)

export type ProblemCode = Exclude<keyof typeof kinds, 'ciconfig.invalid'>
