/** Which pages have lines for a shell, what stands before each of them, and what of it cannot run in a test, and why. */
export interface Page {
  readonly path: string
  /** What the page supposes, in the shell that then runs its lines. `dists NAME VERSION` makes distributions. */
  readonly before: string
  /** Lines as they stand on the page. */
  readonly leftOut?: readonly { readonly lines: string; readonly because: string }[]
  /** What a reader does between two lines without being told, as putting another version of a tool on the PATH. */
  readonly between?: readonly { readonly line: string; readonly first: string }[]
  /** The page starts services of its own. */
  readonly startsServices?: true
  /** `scripts/test-executable` runs its lines, and `npm test` does not. */
  readonly isLong?: true
}

const small = `mkdir PLACE && printf '[project]\\nname = "x"\\n' > PLACE/pyproject.toml &&
  printf 'job: {script: [cosign version]}\\n' > PLACE/.gitlab-ci.yml`

const DEPENDENCIES = 'it would replace the dependencies that this test runs on'
const ANOTHER_NAME = 'seal.example is no name of this machine, and the line ends with the server;'

const NO_GITLAB_COM = 'it needs an account; tests/stock/component.test.ts rehearses it'
const NO_OWN_GITLAB = 'there is no GitLab here; tests/stock/foreign-issuer.test.ts has one'
const clone = `mkdir ~/tools && git -C ~/tools init --quiet --initial-branch main
  git config --global user.name Ada && git config --global user.email ada@example.com
  printf '[project]\\nname = "tools"\\nversion = "1.0.0"\\n' > ~/tools/pyproject.toml`

export const PAGES: readonly Page[] = [
  {
    path: 'tutorial/first-release.md',
    isLong: true,
    startsServices: true,
    before: 'cd "$CHECKOUT"',
    leftOut: [{ lines: 'npm ci', because: DEPENDENCIES }],
  },
  {
    path: 'tutorial/release-on-gitlab-com.md',
    before: clone,
    leftOut: [
      {
        lines: 'wheelseal rehearse --tag v1.0.0',
        because: 'tests/stock/component.test.ts rehearses the component',
      },
      { lines: 'git push origin main v1.0.0', because: NO_GITLAB_COM },
      {
        lines:
          'wheelseal install tools==1.0.0 --api https://gitlab.com/api/v4 --project acme/tools --ref refs/tags/v1.0.0 --python venv/bin/python',
        because: NO_GITLAB_COM,
      },
    ],
  },
  {
    path: 'tutorial/release-on-your-gitlab.md',
    before: clone,
    leftOut: [
      {
        lines: 'wheelseal up --data data --listen 127.0.0.1:7711 --external-url https://seal.example.com &',
        because: `${ANOTHER_NAME} tests/edge/verify-proxy.test.ts starts one whose URL is another`,
      },
      { lines: 'git push origin main v1.0.0', because: NO_OWN_GITLAB },
      {
        lines:
          'wheelseal install tools==1.0.0 --api https://gitlab.example.com/api/v4 --project acme/tools --ref refs/tags/v1.0.0 --python venv/bin/python',
        because: NO_OWN_GITLAB,
      },
    ],
  },
  {
    path: 'how-to/use-stock-cosign.md',
    before: `dists acme_tools 1.0; cp dist/*.whl file.whl; ${small.replaceAll('PLACE', 'my-project')}
      mkdir -p ~/.local/bin`,
    between: [{ line: 'unset COSIGN_REKOR_URL', first: 'PATH=$COSIGN_3:$PATH' }],
  },
  {
    path: 'how-to/build-and-publish.md',
    isLong: true,
    before: `mkdir my-package; printf 'x = 1\\n' > my-package/acme_tools.py
      printf '[build-system]\\nrequires = ["setuptools"]\\nbuild-backend = "setuptools.build_meta"\\n' > my-package/pyproject.toml
      printf '[project]\\nname = "acme-tools"\\nversion = "1.0"\\n' >> my-package/pyproject.toml`,
  },
  {
    path: 'how-to/publish-with-twine.md',
    isLong: true,
    before: 'dists tools 1.0.0; echo signature > dist/file.whl.sig',
  },
  { path: 'how-to/people-and-tokens.md', before: '' },
  { path: 'how-to/find-out-what-is-wrong.md', before: '' },
  { path: 'how-to/trusted-publishing.md', before: '' },
  { path: 'how-to/look-at-a-project.md', before: '' },
  {
    path: 'how-to/install-with-pip-and-uv.md',
    before: `dists tools 1.0.0; wheelseal user create ada
      wheelseal project member add acme/tools ada developer
      TWINE_USERNAME=ada TWINE_PASSWORD=$(wheelseal token create --user ada --scope api) twine upload \\
        --repository-url http://127.0.0.1:7711/api/v4/projects/1/packages/pypi dist/*.whl`,
  },
  { path: 'how-to/read-an-id-token.md', before: '' },
  {
    path: 'reference/check-dist.md',
    before: 'dists tools 1.0.0',
  },
  {
    path: 'how-to/list-only-what-a-policy-allows.md',
    before: 'dists tools 1.0.0; rm dist/*.tar.gz',
  },
  {
    path: 'how-to/run-your-project.md',
    before: `${small.replaceAll('PLACE', 'my-package')}; mkdir here; cd here`,
    leftOut: [
      {
        lines: `export WHEELSEAL_TOKEN=$(cat ~/.seal-token)
wheelseal run --url https://seal.example.com --tag v1.2.0`,
        because: 'no server has this name; tests/edge/run-url.test.ts runs it',
      },
    ],
  },
  {
    path: 'how-to/forward-build-backends.md',
    before: "INDEX=https://index.example/simple/; echo 'machine 127.0.0.1 login ada password none' > netrc",
  },
  {
    path: 'how-to/accept-tokens-of-your-gitlab.md',
    before: '',
    leftOut: [
      {
        lines: `. ./trust/cosign.env
cosign verify-blob --signature demo.whl.sig --certificate demo.whl.crt \\
  --certificate-identity https://gitlab.example.com/acme/tools//.gitlab-ci.yml@refs/heads/main \\
  --certificate-oidc-issuer https://gitlab.example.com demo.whl`,
        because: NO_OWN_GITLAB,
      },
      {
        lines:
          'curl --fail --silent https://gitlab.example.com/oauth/discovery/keys >data/issuers/gitlab.json',
        because: NO_OWN_GITLAB,
      },
    ],
  },
  { path: 'how-to/back-up-and-restore.md', before: '' },
  {
    path: 'how-to/run-a-server.md',
    before: '',
    leftOut: [
      {
        lines:
          'wheelseal up --data /srv/wheelseal --listen seal.example:443 --tls-cert seal.crt --tls-key seal.key',
        because: `${ANOTHER_NAME} tests/stock/tls.test.ts starts one with a certificate`,
      },
      {
        lines:
          'wheelseal up --data /srv/wheelseal --listen 127.0.0.1:7711 --external-url https://seal.example',
        because: `${ANOTHER_NAME} tests/edge/verify-proxy.test.ts starts one whose URL is another`,
      },
      {
        lines: `wheelseal trust export --out trust --url https://seal.example --fingerprint sha256:…
wheelseal trust show --url https://seal.example --fingerprint sha256:…`,
        because: 'seal.example is no name of this machine; tests/stock/tls.test.ts runs both lines over TLS',
      },
      {
        lines: 'wheelseal trust offline /media/safe/wheelseal-keys --data /srv/wheelseal',
        because: 'there is no such medium; tests/edge/offline-keys.test.ts has a folder in its place',
      },
    ],
  },
]

/** Pages whose lines a test of their own runs, which looks at what they say too. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  'how-to/sign-distributions.md': 'tests/stock/sign-command.test.ts',
  'how-to/attest-distributions.md': 'tests/stock/attest-command.test.ts',
  'how-to/verify-a-distribution.md': 'tests/stock/verify-command.test.ts',
  'how-to/fetch-and-install.md': 'tests/stock/fetch-install.test.ts',
  'how-to/expect-an-identity.md': 'tests/edge/policy-init.test.ts',
  'how-to/use-other-clients.md': 'tests/stock/other-clients-page.test.ts',
  'how-to/start-signing.md': 'tests/stock/init.test.ts',
  'how-to/rehearse-a-release.md': 'tests/stock/rehearse.test.ts',
  'how-to/push-and-run.md': 'tests/stock/runner-command.test.ts',
  'how-to/publish-the-component.md': 'tests/executable/executable.test.ts',
  'how-to/use-stock-gitlab-runners.md': 'tests/stock/gitlab-python-runner.test.ts',
  'how-to/why-was-it-refused.md': 'tests/edge/why-command.test.ts',
  'how-to/audit-a-lock-or-environment.md': 'tests/edge/audit-command.test.ts',
  'how-to/stand-a-gate-before-an-index.md': 'tests/gate/operator-page.test.ts',
  'how-to/install-through-a-gate.md': 'tests/gate/installer-page.test.ts',
  'how-to/check-your-clients.md': 'tests/stock/trust-check.test.ts',
}
