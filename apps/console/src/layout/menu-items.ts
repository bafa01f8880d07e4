import AccountTreeIcon from '@mui/icons-material/AccountTreeOutlined';
import AltRouteIcon from '@mui/icons-material/AltRouteOutlined';
import BuildIcon from '@mui/icons-material/BuildOutlined';
import ScaleIcon from '@mui/icons-material/BalanceOutlined';
import CompareIcon from '@mui/icons-material/CompareArrowsOutlined';
import DashboardIcon from '@mui/icons-material/SpaceDashboardOutlined';
import ExtensionIcon from '@mui/icons-material/ExtensionOutlined';
import FactCheckIcon from '@mui/icons-material/FactCheckOutlined';
import ForumIcon from '@mui/icons-material/ForumOutlined';
import GppGoodIcon from '@mui/icons-material/GppGoodOutlined';
import HowToRegIcon from '@mui/icons-material/HowToRegOutlined';
import GridIcon from '@mui/icons-material/GridOnOutlined';
import HubIcon from '@mui/icons-material/HubOutlined';
import LinkIcon from '@mui/icons-material/LinkOutlined';
import KeyIcon from '@mui/icons-material/KeyOutlined';
import NotificationsIcon from '@mui/icons-material/NotificationsNoneOutlined';
import PaidIcon from '@mui/icons-material/PaidOutlined';
import PeopleIcon from '@mui/icons-material/PeopleOutlined';
import PlayIcon from '@mui/icons-material/PlayCircleOutlined';
import PolicyIcon from '@mui/icons-material/PolicyOutlined';
import PrivacyIcon from '@mui/icons-material/PrivacyTipOutlined';
import RateReviewIcon from '@mui/icons-material/RateReviewOutlined';
import SavingsIcon from '@mui/icons-material/SavingsOutlined';
import ScienceIcon from '@mui/icons-material/ScienceOutlined';
import SmsIcon from '@mui/icons-material/SmsOutlined';
import SpeedIcon from '@mui/icons-material/SpeedOutlined';
import TerminalIcon from '@mui/icons-material/TerminalOutlined';
import type { SvgIconComponent } from '@mui/icons-material';
import type { Permission } from '../session/use-viewer.ts';

export interface MenuItem {
  readonly to: string;
  readonly label: string;
  readonly icon: SvgIconComponent;
  /** Left out of the menu for those who may not even read it. */
  readonly needs?: Permission;
  /** Shows how many of them wait for a person. */
  readonly counts?: 'approvals';
}

export interface MenuGroup {
  /** None stands over what comes first. */
  readonly label?: string;
  readonly items: readonly MenuItem[];
  /** Closed until it is opened, or one of its pages is: what is set up once does not stand in the way each day. */
  readonly folded?: boolean;
}

/** One group for each of the three who use the console, and one for what is set up once. */
export const MENU: readonly MenuGroup[] = [
  { items: [{ to: '/', label: 'Overview', icon: DashboardIcon }] },
  {
    label: 'Decide',
    items: [
      { to: '/rollouts', label: 'Rollouts', icon: AltRouteIcon, needs: 'rollouts.read' },
      { to: '/experiment', label: 'Experiment', icon: ScienceIcon, needs: 'rollouts.read' },
      { to: '/comparisons', label: 'Comparisons', icon: CompareIcon, needs: 'comparisons.read' },
      { to: '/grading', label: 'Grading', icon: ScaleIcon, needs: 'answers.grade' },
      { to: '/savings', label: 'Savings', icon: SavingsIcon, needs: 'money.read' },
      { to: '/conversations', label: 'Conversations', icon: ForumIcon, needs: 'conversations.read' },
    ],
  },
  {
    label: 'Review',
    items: [
      { to: '/reviews', label: 'Review queue', icon: RateReviewIcon, needs: 'reviews.read' },
      { to: '/approvals', label: 'Approvals', icon: HowToRegIcon, needs: 'approvals.read', counts: 'approvals' },
      { to: '/runs', label: 'Runs', icon: AccountTreeIcon, needs: 'runs.read' },
      { to: '/decisions', label: 'Decisions', icon: PolicyIcon, needs: 'policy.read' },
      { to: '/audit', label: 'Audit log', icon: FactCheckIcon, needs: 'audit.read' },
    ],
  },
  {
    label: 'Tools',
    items: [
      { to: '/connections', label: 'Connections', icon: HubIcon, needs: 'connections.read' },
      { to: '/tools', label: 'Tools', icon: BuildIcon, needs: 'connections.read' },
      { to: '/grants', label: 'Grants', icon: GridIcon, needs: 'grants.read' },
      { to: '/accounts', label: 'Your accounts', icon: LinkIcon, needs: 'accounts.own' },
      { to: '/skills', label: 'Skills', icon: ExtensionIcon, needs: 'skills.read' },
      { to: '/playground', label: 'Playground', icon: PlayIcon, needs: 'runs.execute' },
    ],
  },
  {
    label: 'Settings',
    folded: true,
    items: [
      { to: '/connect', label: 'Connect', icon: TerminalIcon },
      { to: '/keys', label: 'API keys', icon: KeyIcon, needs: 'keys.read' },
      { to: '/members', label: 'Members', icon: PeopleIcon, needs: 'members.read' },
      { to: '/chat-settings', label: 'Chat', icon: SmsIcon, needs: 'connections.read' },
      { to: '/privacy', label: 'Privacy', icon: PrivacyIcon, needs: 'privacy.read' },
      { to: '/prices', label: 'Prices', icon: PaidIcon, needs: 'money.read' },
      { to: '/limits', label: 'Limits', icon: SpeedIcon, needs: 'limits.read' },
      { to: '/alerts', label: 'Alerts', icon: NotificationsIcon, needs: 'money.read' },
      { to: '/executor', label: 'Executor', icon: GppGoodIcon, needs: 'runs.read' },
    ],
  },
];
