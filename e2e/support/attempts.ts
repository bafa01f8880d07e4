import { empty, notFound, own, type GraphqlAttempt, type RestAttempt } from './attempt.ts';
import { OPA } from './opa.ts';
import { codeOf, PLANTED_MODULE, type Planted } from './planted.ts';

/** By field. One that is missing here fails the test. */
export const QUERIES: Readonly<Record<string, readonly GraphqlAttempt[]>> = {
  accounts: [own()],
  alerts: [own(() => ({ limit: 100 })), own(() => ({ limit: 100, open: true }))],
  apiKeys: [own()],
  approval: [notFound(({ approval }) => ({ id: approval }))],
  approvals: [
    own(() => ({ limit: 50 })),
    own(({ approval }) => ({ limit: 50, cursor: approval })),
    empty(({ waitingRun }) => ({ limit: 50, runId: waitingRun })),
  ],
  approvalsWaiting: [own()],
  auditEvents: [
    own(() => ({ limit: 100 })),
    own(({ auditCursor }) => ({ limit: 100, cursor: auditCursor })),
    empty(({ run }) => ({ limit: 100, filter: { targetId: run } })),
    empty(({ mark }) => ({ limit: 100, filter: { text: mark } })),
    empty(({ mark }) => ({ limit: 100, filter: { actor: mark } })),
  ],
  blindPairs: [own(), notFound(({ comparison }) => ({ comparison }))],
  auditKeeping: [own()],
  blocks: [empty(() => ({}))],
  review: [notFound(({ reviewItem }) => ({ id: reviewItem }))],
  reviewCounts: [own()],
  reviewsOfRun: [empty(({ run }) => ({ runId: run }))],
  reviewRules: [own()],
  reviews: [own(() => ({ limit: 100 }))],
  budget: [own()],
  chatPrompts: [own()],
  comparison: [notFound(({ comparison }) => ({ id: comparison }))],
  comparisonReport: [notFound(({ comparison }) => ({ id: comparison }))],
  comparisons: [own(() => ({ limit: 50 })), own(({ comparison }) => ({ limit: 50, cursor: comparison }))],
  comparedAnswers: [empty(({ run }) => ({ run })), empty(({ conversation }) => ({ conversation }))],
  connection: [notFound(({ connection }) => ({ id: connection }))],
  connections: [own()],
  chatSettings: [own()],
  conversation: [notFound(({ chat }) => ({ id: chat }))],
  conversations: [
    own(() => ({ limit: 50 })),
    own(({ conversationsCursor }) => ({ limit: 50, cursor: conversationsCursor })),
    empty(({ conversation }) => ({ limit: 50, filter: { text: conversation } })),
  ],
  decisions: [
    own(() => ({ limit: 100 })),
    own(({ decision }) => ({ limit: 100, cursor: decision })),
    empty(({ run }) => ({ limit: 100, filter: { runId: run } })),
    empty(({ mark }) => ({ limit: 100, filter: { server: mark } })),
  ],
  executor: [own()],
  experiment: [notFound(({ rollout }) => ({ id: rollout }))],
  flags: [own()],
  gradeCounts: [own()],
  invitations: [own()],
  limits: [own()],
  maskedCounts: [own(() => ({ days: 30 }))],
  privacySettings: [own()],
  killSwitch: [own()],
  members: [own()],
  openAlerts: [own()],
  siteCrawl: [notFound(({ crawl }) => ({ id: crawl }))],
  siteCrawls: [own(() => ({ limit: 50 }))],
  overview: [own(() => ({ days: 14 }))],
  pairSummary: [own(), notFound(({ comparison }) => ({ comparison }))],
  policy: [own()],
  policyRules: [own()],
  policyModule: [notFound(() => ({ revision: PLANTED_MODULE }))],
  policyModules: [own()],
  policyVersion: [own(() => ({ revision: 1 })), notFound(() => ({ revision: 999_999 }))],
  policyVersions: [own(() => ({ limit: 50 }))],
  replayDecisions: [
    own(() => ({ limit: 1_000, changes: [] })),
    own(({ decision }) => ({ limit: 1_000, changes: [], cursor: decision })),
    own(() => ({ limit: 1_000, changes: [], rule: { name: 'x', server: '*', tool: '*', effect: { deny: true } } })),
    notFound(({ rule }) => ({ limit: 1_000, changes: [], ruleId: rule })),
    notFound(() => ({ limit: 1_000, changes: [], moduleRevision: PLANTED_MODULE })),
  ],
  presets: [own()],
  prices: [own()],
  roi: [own(() => ({ input: { scenario: 'a' } }))],
  rollout: [notFound(({ rollout }) => ({ id: rollout }))],
  rolloutEvaluations: [notFound(({ rollout }) => ({ id: rollout, limit: 25 }))],
  rolloutHistory: [notFound(({ rollout }) => ({ id: rollout, limit: 25 }))],
  rollouts: [own(() => ({ limit: 25 })), own(({ rollout }) => ({ limit: 25, cursor: rollout }))],
  rememberedApprovals: [own()],
  run: [notFound(({ run }) => ({ id: run }))],
  runs: [
    own(() => ({ limit: 50 })),
    own(({ runsCursor }) => ({ limit: 50, cursor: runsCursor })),
    empty(({ mark }) => ({ limit: 50, filter: { text: mark } })),
    empty(({ run }) => ({ limit: 50, filter: { text: run } })),
    empty(({ keyId }) => ({ limit: 50, filter: { principal: keyId } })),
  ],
  simulateDecision: [
    own(({ mark }) => ({
      question: { subjectKind: 'role', subject: 'analyst', server: mark, tool: 'echo' },
      changes: [],
    })),
    own(({ keyId }) => ({
      question: { subjectKind: 'key', subject: keyId, server: 'search', tool: 'searchProducts' },
      changes: [],
    })),
  ],
  savings: [own(() => ({ days: 30 }))],
  sampledAnswers: [own(() => ({ limit: 50 })), own(({ sampled }) => ({ limit: 50, cursor: sampled }))],
  sampling: [own()],
  shadowRun: [notFound(({ shadow }) => ({ id: shadow }))],
  shadowRuns: [own(() => ({ limit: 50 })), own(({ shadow }) => ({ limit: 50, cursor: shadow }))],
  shadowSummary: [own()],
  suites: [own()],
  exportSkill: [notFound(({ mark }) => ({ name: mark })), notFound(({ mark }) => ({ name: mark, version: 1 }))],
  skill: [notFound(({ mark }) => ({ name: mark }))],
  skills: [own()],
  tool: [notFound(({ tool }) => ({ id: tool })), notFound(({ heldTool }) => ({ id: heldTool }))],
  tools: [own(), empty(({ mark }) => ({ query: mark })), notFound(({ connection }) => ({ connectionId: connection }))],
  usage: [
    own(() => ({ by: 'conversation', days: 30 })),
    empty(({ conversation }) => ({ by: 'conversation', days: 30, conversation })),
    empty(({ run }) => ({ by: 'run', days: 30, run })),
  ],
  viewer: [own()],
};

/** Of a change to a rollout. */
const changing = (more: object = {}): readonly GraphqlAttempt[] => [
  notFound(({ rollout }) => ({ change: { id: rollout, reason: 'taken over' }, ...more })),
];

export const MUTATIONS: Readonly<Record<string, readonly GraphqlAttempt[]>> = {
  cancelSiteCrawl: [notFound(({ crawl }) => ({ id: crawl }))],
  startSiteCrawl: [own(() => ({ input: { url: 'http://127.0.0.1:9/' } }))],
  acknowledgeAlert: [notFound(({ alert }) => ({ id: alert }))],
  acceptTool: [notFound(({ heldTool }) => ({ id: heldTool, pendingHash: '0'.repeat(64) }))],
  addConnection: [own(() => ({ input: { name: 'borrowed', url: 'http://127.0.0.1:9/mcp' } }))],
  addPrice: [
    own(() => ({
      input: {
        provider: 'somebody',
        model: 'large',
        validFrom: '2026-01-01T00:00:00Z',
        tiers: [{ aboveInputTokens: 0, inputMicros: 1_000_000, outputMicros: 2_000_000 }],
        sourceUrl: 'https://somebody.example/prices',
        sourceDate: '2026-01-01T00:00:00Z',
      },
    })),
  ],
  approveRollout: changing(),
  cancelComparison: [notFound(({ comparison }) => ({ id: comparison }))],
  cancelInvitation: [notFound(({ invitation }) => ({ id: invitation }))],
  checkConnection: [notFound(({ connection }) => ({ id: connection }))],
  cancelCatalogueSync: [notFound(({ connection }) => ({ connectionId: connection }))],
  closeRollout: changing(),
  closeShopHook: [notFound(({ connection }) => ({ connectionId: connection }))],
  connectAccount: [notFound(({ connection }) => ({ connectionId: connection }))],
  createRollout: [own(() => ({ input: { name: 'borrowed', reason: 'ours' } }))],
  createApiKey: [own(() => ({ name: 'one more', scopes: ['runs'] }))],
  disconnectAccount: [notFound(({ connection }) => ({ connectionId: connection }))],
  decideApproval: [notFound(({ approval }) => ({ id: approval, granted: true }))],
  decidePrice: [notFound(({ price }) => ({ id: price, accept: true }))],
  testCredential: [notFound(({ connection }) => ({ connectionId: connection }))],
  gradeAnswer: [notFound(({ sampled }) => ({ id: sampled, grade: 'wrong', comment: 'not mine' }))],
  gradePair: [
    notFound(({ shadow }) => ({ id: `shadow/${shadow}/`, choice: 'same' })),
    notFound(({ comparison }) => ({ id: `comparison/${comparison}/exact-1`, choice: 'first' })),
  ],
  importSkills: [
    own(() => ({
      file: {
        format: 'switchyard.skills/1',
        skills: [{ name: 'carriedOver', description: 'from a file', code: 'export default () => 1' }],
      },
    })),
  ],
  inviteMember: [own(() => ({ email: 'somebody@elsewhere.example', role: 'analyst' }))],
  openApprovalArguments: [notFound(({ approval }) => ({ id: approval }))],
  publishPolicyModule: [notFound(() => ({ revision: PLANTED_MODULE, expectedRevision: -1 }))],
  uploadPolicyModule:
    OPA === '' ? [] : [own(() => ({ source: 'package tenant.rules', tests: 'package tenant.rules_test' }))],
  removePolicyRule: [notFound(({ rule }) => ({ id: rule }))],
  revokeRememberedApproval: [notFound(({ remembered }) => ({ id: remembered }))],
  savePolicyRule: [
    notFound(({ rule }) => ({ id: rule, rule: { name: 'taken over', server: '*', tool: '*', effect: { rowCap: 0 } } })),
    own(() => ({ rule: { name: 'ours', server: 'nowhere', tool: '*', effect: { rowCap: 5 } } })),
  ],
  openShopHook: [notFound(({ connection }) => ({ connectionId: connection }))],
  removeConnection: [notFound(({ connection }) => ({ id: connection }))],
  promoteSkill: [notFound(({ mark }) => ({ name: mark, version: 1 }))],
  removeMember: [notFound(({ member }) => ({ id: member }))],
  repriceUsage: [own(() => ({ input: { from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z' } }))],
  resumeComparison: [notFound(({ comparison }) => ({ id: comparison }))],
  removeWorkspaceFile: [notFound(({ largeRun, mark }) => ({ runId: largeRun, name: `${mark}.txt` }))],
  countRunLines: [notFound(({ run }) => ({ id: run })), notFound(({ largeRun }) => ({ id: largeRun }))],
  replayRun: [notFound(({ run }) => ({ id: run })), notFound(({ largeRun }) => ({ id: largeRun, code: 'return 1' }))],
  retireSkill: [notFound(({ mark }) => ({ name: mark }))],
  scheduleCatalogueSync: [notFound(({ connection }) => ({ connectionId: connection, everyHours: 24 }))],
  startCatalogueSync: [notFound(({ connection }) => ({ connectionId: connection }))],
  revokeApiKey: [notFound(({ keyId }) => ({ id: keyId }))],
  rollBackPolicy: [notFound(() => ({ revision: 999_999, expectedRevision: -1 }))],
  setPrivacySettings: [own(() => ({ input: { keptDays: 20 } }))],
  setChatSettings: [own(() => ({ input: { maxMends: 3 } }))],
  rotateWebhookSecret: [own()],
  sendAlertAgain: [notFound(({ delivery }) => ({ deliveryId: delivery }))],
  setBudget: [own(() => ({ input: { pilotMicros: 400_000_000, webhookUrl: 'http://127.0.0.1:9/ours' } }))],
  askForReview: [notFound(({ run }) => ({ runId: run }))],
  giveVerdict: [notFound(({ reviewItem }) => ({ input: { itemId: reviewItem, seen: 'open', verdict: 'safe' } }))],
  liftBlock: [notFound(({ block }) => ({ id: block }))],
  setReviewRules: [own(() => ({ input: { newShape: true } }))],
  setAuditRetention: [own(() => ({ days: 400 }))],
  setAuditStream: [own(() => ({ input: { url: 'http://127.0.0.1:9/audit', startAt: 'now' } }))],
  rotateAuditStreamSecret: [own()],
  signAuditCheckpoint: [own()],
  holdRollout: changing(),
  restartRollout: changing({ afterFix: true }),
  resumeRollout: changing(),
  rollBackRollout: changing(),
  setFlag: [own(() => ({ input: { key: 'borrowed', enabled: true, reason: 'ours' } }))],
  setGrants: [
    own(() => ({
      expectedRevision: -1, // the spec puts the asker's own in
      changes: [{ subjectKind: 'role', subject: 'analyst', server: 'search', tool: '*', effect: 'deny' }],
    })),
  ],
  setLimits: [own(() => ({ input: { requestsPerMinute: 50_000 } }))],
  setKillSwitch: [own(() => ({ thrown: true, reason: 'ours' })), own(() => ({ thrown: false, reason: 'ours' }))],
  saveSkill: [
    notFound(({ run }) => ({ name: 'fromTheirs', description: 'their run', runId: run })),
    own(() => ({ name: 'ownToo', description: 'of its own', code: 'export default () => 1' })),
  ],
  setMemberRole: [notFound(({ member }) => ({ id: member, role: 'analyst' }))],
  setSampling: [
    own(() => ({
      input: { shadowBasisPoints: 0, shadowBudgetMicros: 0, shadowRunsPerDay: 0, gradingBasisPoints: 0 },
    })),
  ],
  startComparison: [own(() => ({ input: { suite: 'catalogue', concurrency: 1 } }))],
  setPolicyMode: [own(() => ({ mode: 'dry_run' })), own(() => ({ mode: 'enforce' }))],
  setRolloutGuards: changing({ guards: [] }),
  setRolloutShare: changing({ shareBasisPoints: 10_000 }),
  startRollout: changing(),
  tickRolloutItem: changing({ item: 'anything', done: true }),
  testAlerts: [own()],
  updateConnection: [
    notFound(({ connection, connectionUpdatedAt }) => ({
      input: { id: connection, expectedUpdatedAt: connectionUpdatedAt, title: 'taken over', enabled: false },
    })),
  ],
  verifyAudit: [own()],
};

/** Listened to while the other tenant works; see the spec. */
export const SUBSCRIPTIONS = ['changed', 'runChanged'];

/** The tenant `demo` has thousands of products, and no other has any. */
const SEARCH = `import { searchProducts, getProductDetails } from 'servers/search';
const pages = await Promise.all([searchProducts({ query: 'pump', limit: 5 }), searchProducts({ query: '', limit: 5 })]);
const details = await getProductDetails({ sku: 'a4vtg90' }).catch(() => undefined);
return [...pages.flatMap((page) => page.results), ...(details ? [details] : [])];`;
const DISCOVER = (
  mark: string,
): string => `import { searchTools, listTools, listCategories, describeTools } from 'servers';
const found = await searchTools({ query: '${mark}', detail_level: 'full' });
return [found, await listTools({ detail_level: 'full' }), await listCategories(), await describeTools(['${mark}.echo'])];`;

const BORROW = (run: string, mark: string): string => `const told = (error: Error) => error.name;
return [await workspace.open('${run}').catch(told), await workspace.read('${mark}.txt').catch(told), await workspace.list()];`;

/** By method and path of the OpenAPI document. */
export const ENDPOINTS: Readonly<Record<string, readonly RestAttempt[]>> = {
  'POST /v1/chat/completions': [
    {
      outcome: 'own',
      path: () => '/v1/chat/completions',
      body: ({ mark }) => ({ messages: [{ role: 'user', content: 'Hello!' }], metadata: { conversation_id: mark } }),
    },
    {
      outcome: 'own',
      path: () => '/v1/chat/completions',
      body: () => ({ messages: [{ role: 'user', content: 'How much does the A4VTG90 cost?' }] }),
    },
  ],
  'GET /v1/models': [{ outcome: 'own', path: () => '/v1/models' }],
  'GET /v1/models/{id}': [{ outcome: 'own', path: () => '/v1/models/scripted' }],
  'POST /v1/feedback': [
    {
      outcome: 'not found',
      path: () => '/v1/feedback',
      body: ({ conversation }) => ({ conversation, kind: 'complaint', text: 'not mine' }),
    },
  ],
  'POST /v1/executions': [
    { outcome: 'own', path: () => '/v1/executions', body: ({ mark }) => ({ code: codeOf(mark), conversation: mark }) },
    { outcome: 'own', path: () => '/v1/executions', body: ({ mark }) => ({ code: DISCOVER(mark) }) },
    { outcome: 'empty', path: () => '/v1/executions', body: () => ({ code: SEARCH }) },
    { outcome: 'not found', path: () => '/v1/executions', body: ({ mark }) => ({ skill: mark }) },
    {
      outcome: 'own',
      path: () => '/v1/executions',
      body: ({ mark }) => ({ code: `import { ${mark} } from 'skills/${mark}'; return ${mark}()` }),
    },
    {
      outcome: 'own',
      path: () => '/v1/executions',
      body: ({ largeRun, mark }) => ({ code: BORROW(largeRun, mark), conversation: mark }),
    },
  ],
  'GET /v1/executions': [
    { outcome: 'own', path: () => '/v1/executions?limit=100' },
    { outcome: 'own', path: ({ runsCursor }) => `/v1/executions?limit=100&cursor=${encodeURIComponent(runsCursor)}` },
  ],
  'GET /v1/executions/{id}': [{ outcome: 'not found', path: ({ run }) => `/v1/executions/${run}` }],
  'POST /v1/executions/{id}/replay': [
    { outcome: 'not found', path: ({ run }) => `/v1/executions/${run}/replay`, body: () => ({}) },
    { outcome: 'not found', path: ({ run }) => `/v1/executions/${run}/replay`, body: () => ({ code: 'return 1' }) },
  ],
  'GET /v1/executions/{id}/result': [
    { outcome: 'not found', path: ({ largeRun }) => `/v1/executions/${largeRun}/result` },
  ],
  'GET /v1/executions/{id}/files': [
    { outcome: 'not found', path: ({ largeRun }) => `/v1/executions/${largeRun}/files` },
  ],
  'DELETE /v1/executions/{id}/files': [
    { outcome: 'not found', path: ({ largeRun, mark }) => `/v1/executions/${largeRun}/files?name=${mark}.txt` },
  ],
  'GET /v1/executions/{id}/files/content': [
    { outcome: 'not found', path: ({ largeRun, mark }) => `/v1/executions/${largeRun}/files/content?name=${mark}.txt` },
  ],
  'GET /v1/audit/export': [
    { outcome: 'own', path: () => '/v1/audit/export' },
    { outcome: 'own', path: () => '/v1/audit/export?format=csv&text=acme' },
  ],
  'GET /v1/audit/public-keys': [{ outcome: 'own', path: () => '/v1/audit/public-keys' }],
  'GET /v1/approvals': [
    { outcome: 'own', path: () => '/v1/approvals?limit=100' },
    { outcome: 'own', path: ({ approval }) => `/v1/approvals?limit=100&cursor=${approval}` },
  ],
  'GET /v1/approvals/remembered': [{ outcome: 'own', path: () => '/v1/approvals/remembered' }],
  'DELETE /v1/approvals/remembered/{id}': [
    { outcome: 'not found', path: ({ remembered }) => `/v1/approvals/remembered/${remembered}` },
  ],
  'GET /v1/approvals/{id}': [{ outcome: 'not found', path: ({ approval }) => `/v1/approvals/${approval}` }],
  'POST /v1/approvals/{id}/decision': [
    {
      outcome: 'not found',
      path: ({ approval }) => `/v1/approvals/${approval}/decision`,
      body: () => ({ granted: true }),
    },
  ],
  'GET /v1/skills': [{ outcome: 'own', path: () => '/v1/skills' }],
  'POST /v1/skills': [
    {
      outcome: 'not found',
      path: () => '/v1/skills',
      body: ({ run }) => ({ name: 'theirs', description: 'from their run', run }),
    },
    {
      outcome: 'own',
      path: () => '/v1/skills',
      body: () => ({ name: 'ownOne', description: 'of its own', code: 'export default () => 1' }),
    },
  ],
  'POST /v1/skills/import': [
    {
      outcome: 'own',
      path: () => '/v1/skills/import',
      body: () => ({
        format: 'switchyard.skills/1',
        skills: [{ name: 'carried', description: 'from a file', code: 'export default () => 1' }],
      }),
    },
  ],
  'GET /v1/skills/{name}': [{ outcome: 'not found', path: ({ mark }) => `/v1/skills/${mark}` }],
  'GET /v1/skills/{name}/export': [{ outcome: 'not found', path: ({ mark }) => `/v1/skills/${mark}/export` }],
  'POST /v1/skills/{name}/promote': [
    { outcome: 'not found', path: ({ mark }) => `/v1/skills/${mark}/promote`, body: () => ({ version: 1 }) },
  ],
  'POST /v1/skills/{name}/retire': [
    { outcome: 'not found', path: ({ mark }) => `/v1/skills/${mark}/retire`, body: () => ({}) },
  ],
  'GET /v1/tools/search': [
    { outcome: 'own', path: ({ mark }) => `/v1/tools/search?query=${mark}&detail_level=full&limit=200` },
  ],
  'GET /v1/tools/categories': [{ outcome: 'own', path: () => '/v1/tools/categories' }],
  'GET /v1/tools': [
    { outcome: 'own', path: () => '/v1/tools?detail_level=full&limit=500' },
    { outcome: 'own', path: ({ mark }) => `/v1/tools?detail_level=full&category=${mark}` },
    {
      outcome: 'own',
      path: ({ toolsCursor }) => `/v1/tools?detail_level=full&cursor=${encodeURIComponent(toolsCursor)}`,
    },
  ],
  'GET /v1/tools/{server}/{tool}': [{ outcome: 'not found', path: ({ mark }) => `/v1/tools/${mark}/echo` }],
};

/** By tool of /mcp. */
export const MCP_TOOLS: Readonly<Record<string, (of: Planted) => Record<string, unknown>>> = {
  search_tools: ({ mark }) => ({ query: mark, detail_level: 'full' }),
  describe_tools: ({ mark }) => ({ names: [`${mark}.echo`, mark] }),
  execute_code: ({ mark }) => ({ code: codeOf(mark) }),
  list_skills: () => ({}),
  save_skill: ({ mark }) => ({
    name: 'overMcp',
    description: 'x',
    code: `import { ${mark} } from 'skills/${mark}'; export default () => ${mark}()`,
  }),
};
