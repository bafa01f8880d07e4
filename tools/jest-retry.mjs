// On a build server a spec gets a second try: real browsers, databases and processes share few cores there, and a late
// answer is no bug. What passed only then is said at the end of the run; what fails twice fails.
import { jest } from '@jest/globals';

if (process.env.CI === 'true') jest.retryTimes(1, { logErrorsBeforeRetry: true });
