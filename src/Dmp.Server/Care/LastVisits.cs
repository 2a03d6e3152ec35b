using Dmp.Annotations.V1;
using Dmp.Server.Calls;
using Dmp.Server.Data;

namespace Dmp.Server.Care;

/// <summary>When the caller last visited a record (L3). Whoever asks has decided that the caller may read it.</summary>
internal sealed class LastVisits(Database database)
{
    /// <summary>What is newer belongs to the visit of now.</summary>
    private static readonly TimeSpan gap = TimeSpan.FromHours(12);

    /// <summary>What is older is not looked for: each month of the trace is a table of its own.</summary>
    private static readonly TimeSpan lookBack = TimeSpan.FromDays(366);

    // Lists of documents, and what is in them. Feeding, the existence test and settings show nothing of the documents.
    private static readonly Function[] reading = [Function.Search, Function.Read, Function.ReadMasked, Function.ReadHidden];

    private static readonly string[] methods =
    [
        .. OfferedServices.All.SelectMany(service => service.Methods)
            .Where(method => method.GetOptions()?.GetExtension(AnnotationsExtensions.Access)?.Functions.Intersect(reading).Any() == true)
            .Select(method => $"{method.Service.FullName}/{method.Name}"),
    ];

    /// <summary>Null when there was none in the 366 days before the moment.</summary>
    public Task<DateTimeOffset?> FindAsync(Call call, Guid recordId, DateTimeOffset at, CancellationToken ct) => database.OnConnectionAsync(
        connection => VisitSql.FindLastAsync(connection, call.Caller, recordId, (at - lookBack, at - gap), methods, ct), ct);
}
