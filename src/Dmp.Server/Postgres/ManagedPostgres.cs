namespace Dmp.Server.Postgres;

/// <summary>
/// The server's own private PostgreSQL, for a server without a connection string. Runs from the machine's binaries in the
/// data directory, on a private socket, and outlives neither an orderly stop nor a crash of its own for long: a supervisor
/// starts it again. After a kill of the server the next one takes the running database over.
/// </summary>
internal sealed class ManagedPostgres : IAsyncDisposable
{
    private static readonly TimeSpan watch = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan betweenFailedRestarts = TimeSpan.FromSeconds(2);

    private readonly PostmasterControl control;
    private readonly DataDirectoryLock gate;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly CancellationTokenSource stopping = new();
    private readonly Task supervision;
    private int released;

    private ManagedPostgres(
        PostmasterControl control, DataDirectoryLock held, Postmaster postmaster, TimeProvider time, ILogger logger)
    {
        this.control = control;
        gate = held;
        this.time = time;
        this.logger = logger;
        supervision = SuperviseAsync(postmaster);
    }

    /// <summary>Superuser, database <c>postgres</c>. For nothing the server does in its daily work.</summary>
    public required string AdminConnectionString { get; init; }

    /// <summary>Owner of the database; the migrator's.</summary>
    public required string OwnerConnectionString { get; init; }

    /// <summary>Owns nothing and has no DDL; the server's.</summary>
    public required string RuntimeConnectionString { get; init; }

    public required string DataDirectory { get; init; }

    /// <exception cref="ManagedPostgresException">The message says what is missing and what to do.</exception>
    public static async Task<ManagedPostgres> StartAsync(
        ManagedPostgresOptions options, ILoggerFactory loggerFactory, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new ManagedPostgresException("The server manages its own PostgreSQL on Linux only; give it a connection string.");
        }

        var logger = loggerFactory.CreateLogger<ManagedPostgres>();
        var dataDirectory = await ClusterCreation.CreateDataDirectoryAsync(options.DataDirectory, cancellationToken);
        var files = new ClusterFiles(Path.Combine(dataDirectory, "postgres"));
        ClusterCreation.CreateHome(files);
        var held = await DataDirectoryLock.TakeAsync(files.Lock, cancellationToken);
        try
        {
            return await StartLockedAsync(options, dataDirectory, files, held, logger, cancellationToken);
        }
        catch (Exception)
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Stops PostgreSQL and leaves the data directory to the next server.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref released, 1) == 1)
        {
            return;
        }

        try
        {
            await EndSupervisionAsync();
            await control.StopAsync(cancellationToken);
        }
        finally
        {
            gate.Dispose();
        }
    }

    /// <summary>
    /// Leaves the data directory with PostgreSQL running in it, for the next server to take over: what a killed server
    /// does without being asked.
    /// </summary>
    public async Task DetachAsync()
    {
        if (Interlocked.Exchange(ref released, 1) == 0)
        {
            await EndSupervisionAsync();
            gate.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        stopping.Dispose();
    }

    private static async Task<ManagedPostgres> StartLockedAsync(
        ManagedPostgresOptions options,
        string dataDirectory,
        ClusterFiles files,
        DataDirectoryLock held,
        ILogger logger,
        CancellationToken cancellationToken)
    {
        if (!options.Durable)
        {
            PostgresLog.NotDurable(logger);
        }

        var creation = new ClusterCreation(files, logger);
        var binaries = await PostgresBinaries.FindAsync(options.BinDirectory, creation.ReadMajor(), cancellationToken);
        var account = await PostgresAccount.ChooseAsync(files, cancellationToken);
        var secrets = await creation.EnsureAsync(account, binaries, options.Durable, cancellationToken);
        var control = new PostmasterControl(files, account, binaries, options.Durable, TimeProvider.System, logger);
        var before = Postmaster.Read(files.Cluster);
        try
        {
            var postmaster = await control.EnsureRunningAsync(endpoint: null, cancellationToken);
            var admin = PostgresRoles.AdminConnection(postmaster.Endpoint, secrets);
            await PostgresRoles.EnsureAsync(admin, secrets, cancellationToken);
            if (before?.Pid == postmaster.Pid)
            {
                PostgresLog.TakenOver(logger, postmaster.Pid);
            }

            PostgresLog.Started(logger, binaries.Major, postmaster.Pid, postmaster.Endpoint.Host, postmaster.Endpoint.Port);
            return new ManagedPostgres(control, held, postmaster, TimeProvider.System, logger)
            {
                AdminConnectionString = admin,
                OwnerConnectionString = PostgresRoles.OwnerConnection(postmaster.Endpoint, secrets),
                RuntimeConnectionString = PostgresRoles.RuntimeConnection(postmaster.Endpoint, secrets),
                DataDirectory = dataDirectory,
            };
        }
        catch (Exception)
        {
            // Whoever could not start owns nothing that could stop it later.
            await control.StopAsync(CancellationToken.None);
            throw;
        }
    }

    private async Task SuperviseAsync(Postmaster postmaster)
    {
        var stopping = this.stopping.Token;
        // What the connection strings say must stay true, so a new postmaster listens where the first one did.
        var endpoint = postmaster.Endpoint;
        try
        {
            while (true)
            {
                await Task.Delay(watch, time, stopping);
                if (!postmaster.IsAlive())
                {
                    PostgresLog.Gone(logger, postmaster.Pid);
                    postmaster = await RestartAsync(endpoint, stopping);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private async Task<Postmaster> RestartAsync(PostgresEndpoint endpoint, CancellationToken stopping)
    {
        while (true)
        {
            try
            {
                var postmaster = await control.EnsureRunningAsync(endpoint, stopping);
                PostgresLog.Restarted(logger, postmaster.Pid);
                return postmaster;
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                // Whatever the reason (disk full, binaries being replaced): a supervisor that gives up supervises nothing.
                PostgresLog.RestartFailed(logger, betweenFailedRestarts.TotalSeconds, failure);
            }

            await Task.Delay(betweenFailedRestarts, time, stopping);
        }
    }

    private async Task EndSupervisionAsync()
    {
        await stopping.CancelAsync();
        await supervision;
    }
}
