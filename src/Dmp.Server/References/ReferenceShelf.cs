using Dmp.Error.V1;
using Dmp.Interactions;
using Dmp.Interactions.Checks;
using Dmp.Interactions.Medicines;
using Dmp.Interactions.Thesauri;
using Dmp.Server.Data;
using Dmp.Server.Errors;
using Dmp.Server.Options;
using Dmp.Storage;

namespace Dmp.Server.References;

/// <summary>
/// The published files that are in force, read and ready. Looks every few seconds whether other ones are: an edition that an operator
/// activates is used by every server soon after, and each answer names its own.
/// </summary>
internal sealed class ReferenceShelf(Database database, IHostEnvironment environment, TimeProvider time, ILogger<ReferenceShelf> logger)
    : BackgroundService
{
    private static readonly TimeSpan pollInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan retryPause = TimeSpan.FromMinutes(5);

    /// <summary>Editions that could not be read, with when they are tried again.</summary>
    private readonly Dictionary<Guid, DateTimeOffset> triedAgain = [];

    private InteractionReference? interactions;
    private (Thesaurus Thesaurus, ReferenceOrigin Origin)? rules;
    private (MedicineTable Table, ReferenceOrigin Origin)? products;
    private MedicinesReference? medicines;
    private bool isAwayTold;

    /// <summary>The rules and products in force.</summary>
    /// <exception cref="Grpc.Core.RpcException">REFERENCE_DATA_MISSING: there are no rules.</exception>
    public InteractionReference Interactions =>
        Volatile.Read(ref interactions) ?? throw Failures.Of(ErrorReason.ReferenceDataMissing, ("kind", ReferenceSql.Thesaurus));

    /// <summary>The same for whoever can do without rules: null when there are none.</summary>
    public InteractionReference? InteractionsInForce => Volatile.Read(ref interactions);

    /// <summary>The products in force, with or without rules; null when there are none.</summary>
    public MedicinesReference? Medicines => Volatile.Read(ref medicines);

    /// <summary>Reads what is in force before the first call comes.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await LookGuardedAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(pollInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await LookGuardedAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private static ReferenceOrigin? Origin(IReadOnlyList<ReferenceEditionRow> inForce, string kind) =>
        inForce.FirstOrDefault(edition => edition.Kind == kind) is { } edition
            ? new ReferenceOrigin(edition.EditionId, edition.Name, edition.Source, edition.Sha256, edition.EffectiveTime)
            : null;

    private static bool IsSame(ReferenceOrigin? one, ReferenceOrigin? other) =>
        one?.EditionId == other?.EditionId && one?.EffectiveTime == other?.EffectiveTime && (one is null) == (other is null);

    private static PublishedFile ToFile(ReferenceFileRow row) =>
        new(row.Name, new PackedFile(row.Content, row.SizeBytes, row.Sha256).Open);

    private async Task LookGuardedAsync(CancellationToken ct)
    {
        try
        {
            await LookAsync(ct);
            isAwayTold = false;
        }
        catch (Exception failure) when (!ct.IsCancellationRequested)
        {
            // Once, and not each time it is tried again.
            if (!isAwayTold)
            {
                ReferenceLog.LookingFailed(logger, failure);
                isAwayTold = true;
            }
        }
    }

    private async Task LookAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var inForce = await database.OnConnectionAsync(connection => ReferenceSql.InForceAsync(connection, now, ct), ct);
        var isSandbox = SandboxOptions.IsSandbox(environment.EnvironmentName);
        var wanted = Origin(inForce, ReferenceSql.Thesaurus) ?? (isSandbox ? SandboxEdition.Thesaurus : null);
        if (wanted is not null && rules is var (knownRules, rulesOrigin) && rulesOrigin.EditionId == wanted.EditionId)
        {
            // The same edition, in force anew: what was read of it stays.
            rules = (knownRules, wanted);
        }
        else if (wanted is not null && await ReadAsync(wanted, ThesaurusFiles.Read, ct) is { } newRules)
        {
            rules = (newRules.Thesaurus, wanted);
        }

        wanted = Origin(inForce, ReferenceSql.Medicines) ?? (isSandbox ? SandboxEdition.Medicines : null);
        if (wanted is not null && products is var (knownProducts, productsOrigin) && productsOrigin.EditionId == wanted.EditionId)
        {
            products = (knownProducts, wanted);
        }
        else if (wanted is not null
            && await ReadAsync(wanted, (name, files) => BdpmFiles.Read(name, [.. files.Values]), ct) is { } newProducts)
        {
            products = (newProducts.Table, wanted);
        }

        if (products is var (table, medicinesOrigin) && !IsSame(Volatile.Read(ref medicines)?.Origin, medicinesOrigin))
        {
            Volatile.Write(ref medicines, new MedicinesReference(table, medicinesOrigin));
        }

        var known = Volatile.Read(ref interactions);
        if (rules is var (thesaurus, origin)
            && !(IsSame(known?.Thesaurus, origin) && IsSame(known?.MedicinesEdition, products?.Origin)))
        {
            Volatile.Write(ref interactions, new InteractionReference(
                new InteractionChecker(thesaurus, products?.Table), origin, products?.Origin, products?.Table));
            ReferenceLog.InForce(logger, origin.Name, products?.Origin.Name ?? "none");
        }
    }

    /// <summary>Null when its files cannot be read, which is told; they are tried again some minutes later.</summary>
    private async Task<T?> ReadAsync<T>(
        ReferenceOrigin edition, Func<string, IReadOnlyDictionary<string, PublishedFile>, T> read, CancellationToken ct)
        where T : class
    {
        var now = time.GetUtcNow();
        var id = edition.EditionId ?? Guid.Empty;
        if (triedAgain.TryGetValue(id, out var next) && now < next)
        {
            return null;
        }

        var files = edition.EditionId is null
            ? SandboxEdition.FilesOf(edition)
            : (await database.OnConnectionAsync(connection => ReferenceSql.FilesAsync(connection, id, ct), ct))
                .ToDictionary(row => row.Part, ToFile);
        try
        {
            return read(edition.Name, files);
        }
        catch (Exception failure) when (failure is InvalidDataException or FileNotFoundException)
        {
            ReferenceLog.ReadingFailed(logger, failure, edition.Name);
            triedAgain[id] = now + retryPause;
            return null;
        }
    }
}
