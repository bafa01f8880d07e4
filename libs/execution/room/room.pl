# The first process of the room: starts sandboxes on request, and does nothing else.
#
# It runs as root of a room that bubblewrap made once (no network, no /proc, a read-only tree, its own process ids) and
# turns each request into a Deno process with a user, a process namespace, limits and a system call filter of its own. So
# a run costs a fork and an exec, not a new room. Perl, because it can fork and make any system call, every Debian has it,
# and no module is needed: the room holds the bare interpreter, which only root may start.
#
# It reads lines from the executor and never a byte of a sandbox.
#   in   run ID UID DATA CPU FILES THREADS FSIZE ARGS…   (ARGS divided by \x1f)      kill ID
#   out  ready      exit ID STATUS CPU_MICROSECONDS PEAK_KIB      pid ID PID
BEGIN { $^H |= 0x602 }    # strict, without its module
my ($socket, $arch, $filter) = @ARGV;
my %nr = $arch eq 'arm64'
    ? (clone => 220, dup3 => 24, prlimit64 => 261, prctl => 167, setgroups => 159, setresgid => 149, setresuid => 147,
       setsid => 157, capset => 91, signalfd4 => 74, sigmask => 135, wait4 => 260, seccomp => 277, close_range => 436)
    : (clone => 56, dup3 => 292, prlimit64 => 302, prctl => 157, setgroups => 116, setresgid => 119, setresuid => 117,
       setsid => 112, capset => 126, signalfd4 => 289, sigmask => 14, wait4 => 61, seccomp => 317, close_range => 436);
my ($PIDS_AND_SIGCHLD, $SIGCHLD) = (0x20000000 | 17, 17);
my ($CAPBSET_DROP, $NO_NEW_PRIVS, $CAPABILITY_VERSION) = (24, 38, 0x20080522);
my ($CPU, $FSIZE, $DATA, $CORE, $NPROC, $NOFILE) = (0, 1, 2, 4, 6, 7);
my $code = pack 'H*', $filter;
my $program = pack 'S x6 P', length($code) / 8, $code;
my (%pid, %id);

sub fail { syswrite STDERR, "room: $_[0]: $!\n"; exit 126 }
sub must { my $name = shift; my $got = syscall($nr{$name}, @_); fail($name) if $got == -1; $got }
sub dial {
    my ($head) = @_;
    socket(my $end, 1, 1, 0) or fail('socket');
    connect($end, pack('S a*', 1, $socket)) or fail('connect');
    syswrite($end, $head) == length $head or fail('write');
    $end;
}
sub cap { must('prlimit64', 0, $_[0], pack('QQ', $_[1], $_[2] // $_[1]), 0) }

# In the child, which is process 1 of a namespace of its own: whatever it starts dies with it.
sub become {
    my ($id, $uid, $data, $cpu, $files, $threads, $fsize, @args) = @_;
    $_ += 0 for $uid, $data, $cpu, $files, $threads, $fsize;
    my $errors = dial("e $id\n");
    must('dup3', fileno($errors), 2, 0);
    my $pipe = dial("o $id\n");
    must('dup3', fileno($pipe), $_, 0) for 0, 1;
    must('close_range', 3, 0x7fffffff, 0);
    must('setsid');
    must('sigmask', 2, pack('Q', 0), 0, 8);
    cap($DATA, $data); cap($CPU, $cpu, $cpu + 2); cap($CORE, 0); cap($NOFILE, $files); cap($FSIZE, $fsize);
    cap($NPROC, $threads);
    syscall($nr{prctl}, $CAPBSET_DROP, $_, 0, 0, 0) for 0 .. 40;
    must('setgroups', 0, 0);
    must('setresgid', $uid, $uid, $uid);
    must('setresuid', $uid, $uid, $uid);
    must('capset', pack('LL', $CAPABILITY_VERSION, 0), "\0" x 24);    # a change of user leaves the inheritable ones
    must('prctl', $NO_NEW_PRIVS, 1, 0, 0, 0);
    must('seccomp', 1, 0, $program);
    exec { $args[0] } @args;
    fail('exec');
}

sub request {
    my ($what, $id, @rest) = split / /, $_[0], 9;
    if ($what eq 'run') {
        my @args = split /\x1f/, pop @rest;
        my $child = syscall($nr{clone}, $PIDS_AND_SIGCHLD, 0, 0, 0, 0);
        if ($child == 0) { become($id, @rest, @args); exit 126 }
        return syswrite STDOUT, "exit $id 32256 0 0\n" if $child < 0;
        ($pid{$id}, $id{$child}) = ($child, $id);
        syswrite STDOUT, "pid $id $child\n";
    }
    elsif ($what eq 'kill' && $pid{$id}) { kill 'KILL', $pid{$id} }
}

sub collect {
    while () {
        my ($status, $usage) = (pack('l', 0), "\0" x 144);
        my $child = syscall($nr{wait4}, -1, $status, 1, $usage);
        return if $child <= 0;
        my $id = delete $id{$child} // next;
        delete $pid{$id};
        my @used = unpack 'q5', $usage;
        my $spent = ($used[0] + $used[2]) * 1_000_000 + $used[1] + $used[3];
        syswrite STDOUT, "exit $id " . unpack('l', $status) . " $spent $used[4]\n";
    }
}

my $deaths = pack 'Q', 1 << ($SIGCHLD - 1);
must('sigmask', 0, $deaths, 0, 8);
my $notices = must('signalfd4', -1, $deaths, 8, 02000000);
open(my $died, '<&=', $notices) or fail('signalfd');
syswrite STDOUT, "ready\n";
my $text = '';
while () {
    my $ready = '';
    vec($ready, $_, 1) = 1 for 0, $notices;
    select $ready, undef, undef, undef;
    if (vec $ready, $notices, 1) { sysread $died, my $notice, 4096; collect() }
    next unless vec $ready, 0, 1;
    exit 0 unless sysread STDIN, $text, 65536, length $text;    # the executor is gone
    request($1) while $text =~ s/^([^\n]*)\n//;
}
