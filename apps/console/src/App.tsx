import { lazy } from 'react';
import { AdminContext, AdminUI, CustomRoutes, localStorageStore, Resource } from 'react-admin';
import { Route } from 'react-router-dom';
import { Invitation } from './auth/Invitation.tsx';
import { Consent } from './auth/Consent.tsx';
import { SignIn } from './auth/SignIn.tsx';
import { authProvider } from './auth-provider.ts';
import { dataProvider } from './data-provider.ts';
import { Overview } from './dashboard/Overview.tsx';
import { NotFound } from './layout/NotFound.tsx';
import { Shell } from './layout/Shell.tsx';
import { queryClient } from './query-client.ts';
import { alerts } from './resources/alerts/index.ts';
import { approvals } from './resources/approvals/index.ts';
import { audit } from './resources/audit/index.ts';
import { comparisons } from './resources/comparisons/index.ts';
import { connections } from './resources/connections/index.ts';
import { conversations } from './resources/conversations/index.ts';
import { decisions } from './resources/decisions/index.ts';
import { grants } from './resources/grants/index.ts';
import { keys } from './resources/keys/index.ts';
import { members } from './resources/members/index.ts';
import { reviews } from './resources/reviews/index.ts';
import { rollouts } from './resources/rollouts/index.ts';
import { runs } from './resources/runs/index.ts';
import { shadowRuns } from './resources/shadow-runs/index.ts';
import { skills } from './resources/skills/index.ts';
import { tools } from './resources/tools/index.ts';
import { darkTheme, lightTheme } from './theme.ts';
import { PageSkeleton } from './ui/PageSkeleton.tsx';

const Accounts = lazy(() => import('./accounts/Accounts.tsx'));
const Playground = lazy(() => import('./playground/Playground.tsx'));
const Connect = lazy(() => import('./connect/Connect.tsx'));
const Experiment = lazy(() => import('./experiment/Experiment.tsx'));
const Savings = lazy(() => import('./money/Savings.tsx'));
const Roi = lazy(() => import('./money/Roi.tsx'));
const Privacy = lazy(() => import('./privacy/Privacy.tsx'));
const Prices = lazy(() => import('./money/prices/Prices.tsx'));
const Grading = lazy(() => import('./grading/Grading.tsx'));
const ChatSettings = lazy(() => import('./chat-settings/ChatSettings.tsx'));
const Limits = lazy(() => import('./limits/Limits.tsx'));
const Remembered = lazy(() => import('./resources/approvals/Remembered.tsx'));
const Executor = lazy(() => import('./executor/Executor.tsx'));

/** Signing out clears what the former person left, but not how bright they like it. */
const kept = localStorageStore(undefined, 'switchyard');
const store: typeof kept = {
  ...kept,
  reset: () => {
    const theme: unknown = kept.getItem('theme');
    kept.reset();
    if (theme !== undefined) kept.setItem('theme', theme);
  },
};

export function App() {
  return (
    <AdminContext
      authProvider={authProvider}
      dataProvider={dataProvider}
      queryClient={queryClient}
      store={store}
      theme={lightTheme}
      darkTheme={darkTheme}
    >
      <AdminUI
        layout={Shell}
        dashboard={Overview}
        loginPage={SignIn}
        catchAll={NotFound}
        loading={PageSkeleton}
        title="Switchyard"
        requireAuth
        disableTelemetry
      >
        <Resource name="runs" {...runs} />
        <Resource name="reviews" {...reviews} />
        <Resource name="approvals" {...approvals}>
          <Route path="remembered" element={<Remembered />} />
        </Resource>
        <Resource name="conversations" {...conversations} />
        <Resource name="comparisons" {...comparisons} />
        <Resource name="shadow-runs" {...shadowRuns} />
        <Resource name="alerts" {...alerts} />
        <Resource name="rollouts" {...rollouts} />
        <Resource name="connections" {...connections} />
        <Resource name="tools" {...tools} />
        <Resource name="skills" {...skills} />
        <Resource name="grants" {...grants} />
        <Resource name="decisions" {...decisions} />
        <Resource name="audit" {...audit} />
        <Resource name="keys" {...keys} />
        <Resource name="members" {...members} />
        <CustomRoutes>
          <Route path="/accounts" element={<Accounts />} />
          <Route path="/playground" element={<Playground />} />
          <Route path="/connect" element={<Connect />} />
          <Route path="/experiment" element={<Experiment />} />
          <Route path="/savings" element={<Savings />} />
          <Route path="/roi" element={<Roi />} />
          <Route path="/privacy" element={<Privacy />} />
          <Route path="/prices" element={<Prices />} />
          <Route path="/grading" element={<Grading />} />
          <Route path="/chat-settings" element={<ChatSettings />} />
          <Route path="/limits" element={<Limits />} />
          <Route path="/executor" element={<Executor />} />
        </CustomRoutes>
        <CustomRoutes noLayout>
          <Route path="/invitation" element={<Invitation />} />
          <Route path="/consent" element={<Consent />} />
        </CustomRoutes>
      </AdminUI>
    </AdminContext>
  );
}
