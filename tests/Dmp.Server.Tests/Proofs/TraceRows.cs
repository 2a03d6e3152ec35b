using System.Security.Cryptography;
using Dmp.Proofs;

namespace Dmp.Server.Tests.Proofs;

/// <summary>Events as servers write them.</summary>
internal static class TraceRows
{
    public static AuditEventRow New(DateTimeOffset? time = null)
    {
        var now = EventContent.Stored(time ?? DateTimeOffset.UtcNow);
        return new AuditEventRow
        {
            EventId = Guid.CreateVersion7(now),
            EventTime = now,
            Method = "dmp.document.v1.DocumentService/ReadDocument",
            ActorKind = 1,
            ActorId = "810000000001",
            Subject = "issuer subject",
            RecordId = Guid.NewGuid(),
            DocumentIds = [Guid.NewGuid()],
            DocumentVersions = [1],
            DocumentSha256s = [RandomNumberGenerator.GetBytes(32)],
            Origin = "2001:db8::1",
            DurationUs = 1234,
            Outcome = 1,
            StatusCode = 0,
            ServerRequestId = Guid.NewGuid(),
            Salt = RandomNumberGenerator.GetBytes(EventTree.SaltBytes),
        };
    }
}
