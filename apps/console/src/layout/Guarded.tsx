import { Component, type ReactNode } from 'react';
import { Problem } from '../ui/Problem.tsx';

/** A page that breaks says so in its place; the menu stays usable, and leaving the page mends it. */
export class Guarded extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: undefined };
  private readonly onLeave = () => this.setState({ error: undefined });

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override componentDidMount() {
    window.addEventListener('hashchange', this.onLeave);
  }

  override componentWillUnmount() {
    window.removeEventListener('hashchange', this.onLeave);
  }

  override render() {
    if (this.state.error === undefined) return this.props.children;
    const stale = this.state.error instanceof TypeError && /import|module|fetch/i.test(this.state.error.message);
    return (
      <Problem
        error={
          stale
            ? new Error('A part of the console could not be loaded. It was probably updated: load the page anew.')
            : new Error('This page broke. Load it anew; if it breaks again, tell whoever runs this installation.')
        }
        title="Something went wrong on this page"
        retry={() => window.location.reload()}
        tall
      />
    );
  }
}
