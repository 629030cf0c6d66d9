/**
 * A small process that starts sandboxes, in Perl, which every Debian has: starting them from Node would copy
 * its large memory's tables each time, and take a shell and a program of their own to join groups and to drop ids.
 *
 * Arguments: how many pipes to make, and the numbers of three system calls. First it writes the descriptors of
 * the pipes, one a line, then `held`. It keeps a hold on each that neither reads nor writes, so that a pipe which
 * nobody else has open is empty, and as new when it is opened again.
 *
 * An order is its length in decimal, a newline, and fields that end in NUL: an id; the uid to drop to, or nothing;
 * the number of groups and their `cgroup.procs`; the number of descriptors and for each its number, its flags for
 * `open` and its path; the command. Answers are lines: `started ID PID`, then `exited ID STATUS`, whose status is
 * `-` for one that a signal ended or that never started. Sandboxes die with this process, and it with whoever
 * started it.
 */
export const spawnerScript = `
use strict;
use warnings;
use POSIX ();
my ($pipes, $prctl, $setgroups, $signalfd) = map { $_ + 0 } @ARGV;
my ($O_PATH, $O_CLOEXEC, $SIGKILL) = (010000000, 02000000, 9);
my ($PDEATHSIG, $NO_NEW_PRIVS) = (1, 38);
$0 = 'sandbox-starter';
syscall($prctl, $PDEATHSIG, $SIGKILL, 0, 0, 0) == 0 or die "prctl: $!";
# What whoever started the executor left open is for no sandbox.
opendir my $folder, '/proc/self/fd' or die "opendir: $!";
my @inherited = grep { /^\\d+$/ && $_ > 2 } readdir $folder;
closedir $folder;
POSIX::close($_) for @inherited;
# What a sandbox is given lands on low numbers, which nothing of this process may have.
my $filler = 0;
$filler = POSIX::open('/dev/null', $O_CLOEXEC) while $filler < 32;
sub say_line { my $line = "@_\\n"; syswrite(STDOUT, $line) == length $line or exit 0 }
for (1 .. $pipes) {
  my ($reader, $writer) = POSIX::pipe();
  my $held = POSIX::open("/proc/self/fd/$reader", $O_PATH | $O_CLOEXEC) // die "open: $!";
  POSIX::close($reader);
  POSIX::close($writer);
  say_line($held);
}
say_line('held');
POSIX::sigprocmask(POSIX::SIG_BLOCK(), POSIX::SigSet->new(POSIX::SIGCHLD()));
my $awaited = pack('Q', 1 << (POSIX::SIGCHLD() - 1));
my $ended = syscall($signalfd, -1, $awaited, 8, $O_CLOEXEC | POSIX::O_NONBLOCK());
$ended >= 0 or die "signalfd: $!";
my ($own, %ids) = ($$);

sub become {
  my ($uid, $groups, $given, $command) = @_;
  POSIX::setsid();
  for my $group (@$groups) {
    my $file = POSIX::open($group, POSIX::O_WRONLY()) // return 126;
    (POSIX::write($file, '0', 1) // 0) == 1 or return 126;
    POSIX::close($file);
  }
  if ($uid ne '') {
    syscall($setgroups, 0, 0) == 0 && POSIX::setgid($uid) && POSIX::setuid($uid) or return 126;
  }
  syscall($prctl, $NO_NEW_PRIVS, 1, 0, 0, 0) == 0 or return 126;
  syscall($prctl, $PDEATHSIG, $SIGKILL, 0, 0, 0) == 0 && getppid() == $own or return 126;
  for my $one (@$given) { POSIX::dup2($one->[1], $one->[0]) // return 126 }
  POSIX::sigprocmask(POSIX::SIG_SETMASK(), POSIX::SigSet->new());
  no warnings 'exec';
  exec { $command->[0] } @$command;
  return 127;
}

sub launch {
  my ($id, $uid, @fields) = @_;
  my @groups = splice @fields, 0, shift @fields;
  my @given;
  for (1 .. shift @fields) {
    my ($number, $flags, $path) = splice @fields, 0, 3;
    my $file = POSIX::open($path, $flags | $O_CLOEXEC);
    push @given, [$number, $file] if defined $file;
    $uid = undef unless defined $file;
  }
  pop @fields; # what stands behind the last NUL
  my $pid = defined $uid ? fork() : undef;
  POSIX::_exit(become($uid, \\@groups, \\@given, \\@fields)) if defined $pid && $pid == 0;
  POSIX::close($_->[1]) for @given;
  return say_line('exited', $id, '-') unless defined $pid;
  $ids{$pid} = $id;
  say_line('started', $id, $pid);
}

my $pending = '';
while (1) {
  my $ready = '';
  vec($ready, 0, 1) = vec($ready, $ended, 1) = 1;
  select($ready, undef, undef, undef) > 0 or next;
  if (vec($ready, 0, 1)) {
    sysread(STDIN, $pending, 65536, length $pending) or exit 0;
    while ($pending =~ /^(\\d+)\\n/ && length $pending >= $+[0] + $1) {
      my $order = substr $pending, $+[0], $1;
      substr($pending, 0, $+[0] + $1) = '';
      launch(split /\\0/, $order, -1);
    }
  }
  next unless vec($ready, $ended, 1);
  POSIX::read($ended, my $signals, 4096);
  while ((my $pid = waitpid(-1, POSIX::WNOHANG())) > 0) {
    my $id = delete $ids{$pid} // next;
    say_line('exited', $id, POSIX::WIFEXITED($?) ? POSIX::WEXITSTATUS($?) : '-');
  }
}
`;
