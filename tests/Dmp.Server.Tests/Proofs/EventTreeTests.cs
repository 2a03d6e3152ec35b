using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using CsCheck;
using Dmp.Proofs;
using Xunit;

namespace Dmp.Server.Tests.Proofs;

/// <summary>The commitment of an event: frozen, complete, and silent about what is not shown.</summary>
public sealed class EventTreeTests
{
    /// <summary>
    /// Known rows and their roots. When this fails, nothing that was ever written can be verified any more: make a new version of the
    /// content beside the old one instead, and add its roots here. The first root was also computed by a program in another language, from
    /// what docs/trace.md says.
    /// </summary>
    [Fact]
    public void The_commitment_of_a_row_never_changes()
    {
        Assert.Equal(
            "4edbac22ec296477cfa34a42b609a1e33a425e882c4c277a3b763bcc5b569e60", Convert.ToHexStringLower(EventContent.TreeOf(Full).Root));
        Assert.Equal(
            "e99751388fe2268343fe254ee2d4f98329f28e13e9a36e1086e15015197001ce", Convert.ToHexStringLower(EventContent.TreeOf(Least).Root));
    }

    public static TheoryData<string> Columns => new(typeof(AuditEventRow).GetProperties()
        .Where(column => column.CanWrite && column.Name is not (nameof(AuditEventRow.Root) or nameof(AuditEventRow.Signature)
            or nameof(AuditEventRow.SigningKey)))
        .Select(column => column.Name));

    [Theory]
    [MemberData(nameof(Columns))]
    public void Every_column_is_part_of_the_commitment(string column)
    {
        var property = typeof(AuditEventRow).GetProperty(column)!;
        foreach (var row in new[] { Full with { DocumentVersions = null, DocumentSha256s = null }, Full, Least })
        {
            if (row.DocumentIds.Length > 0
                && (column == nameof(AuditEventRow.DocumentIds) ? row.DocumentVersions is not null
                    : column.StartsWith("Document", StringComparison.Ordinal) && row.DocumentVersions is null))
            {
                continue; // The columns of documents have as many elements each; another of the rows is for this one.
            }

            var before = EventContent.TreeOf(row).Root;
            var changed = row with { };
            property.SetValue(changed, Other(property.GetValue(row), property.PropertyType));
            Assert.NotEqual(before, EventContent.TreeOf(changed).Root);
        }
    }

    public static TheoryData<string> NullableColumns => new(Columns.Select(column => column.Data).Where(column =>
        new NullabilityInfoContext().Create(typeof(AuditEventRow).GetProperty(column)!).ReadState == NullabilityState.Nullable));

    [Theory]
    [MemberData(nameof(NullableColumns))]
    public void Null_is_not_the_same_as_empty(string column)
    {
        var property = typeof(AuditEventRow).GetProperty(column)!;
        var (nulled, emptied) = (Full with { }, Full with { });
        property.SetValue(nulled, null);
        property.SetValue(emptied, Empty(property.PropertyType));
        if (column is nameof(AuditEventRow.DocumentVersions) or nameof(AuditEventRow.DocumentSha256s))
        {
            // Beside the documents they have as many elements.
            (nulled, emptied) = (nulled with { DocumentIds = [] }, emptied with { DocumentIds = [] });
        }

        Assert.NotEqual(EventContent.TreeOf(nulled).Root, EventContent.TreeOf(emptied).Root);
    }

    [Fact]
    public void The_order_of_documents_is_part_of_the_commitment()
    {
        var swapped = Full with
        {
            DocumentIds = [.. Full.DocumentIds.Reverse()],
            DocumentVersions = [.. Full.DocumentVersions!.Reverse()],
            DocumentSha256s = [.. Full.DocumentSha256s!.Reverse()],
        };
        Assert.NotEqual(EventContent.TreeOf(Full).Root, EventContent.TreeOf(swapped).Root);
    }

    [Fact]
    public void Every_part_is_proven_whatever_the_number_of_documents() =>
        Gen.Select(Gen.Int[0, EventTree.DocumentsMax], Gen.Byte.Array[EventTree.SaltBytes]).Sample(
            (count, salt) =>
            {
                var tree = Tree(salt, count);
                List<EventPart> parts = [tree.Core, tree.Review, .. Enumerable.Range(0, count).Select(tree.Document)];
                Assert.Equal(parts.Count, parts.Select(part => part.Slot).Distinct().Count());
                Assert.All(parts, part =>
                {
                    Assert.True(Verifies(part, tree.Root));
                    Assert.False(Verifies(part with { Content = [.. part.Content, 0] }, tree.Root));
                    Assert.False(Verifies(part with { Salt = RandomNumberGenerator.GetBytes(16) }, tree.Root));
                    Assert.False(Verifies(part with { Slot = part.Slot ^ 1 }, tree.Root));
                });
            },
            iter: 40);

    [Fact]
    public void Places_are_drawn_from_the_salt_evenly()
    {
        var counts = new int[EventTree.Slots];
        for (var i = 0; i < 5000; i++)
        {
            counts[Tree(SHA256.HashData(BitConverter.GetBytes(i)), 2).Document(1).Slot]++;
        }

        Assert.Equal([0, 0, 0], counts[..3]);
        Assert.All(counts[3..], count => Assert.InRange(count, 1, 50));
    }

    [Fact]
    public void The_core_and_its_proof_do_not_tell_how_many_documents_there_are()
    {
        var salt = RandomNumberGenerator.GetBytes(EventTree.SaltBytes);
        foreach (var count in new[] { 0, 1, 100, EventTree.DocumentsMax })
        {
            var core = Tree(salt, count).Core;
            Assert.Equal(0, core.Slot);
            Assert.Equal(EventTree.Levels, core.Path.Length);
            Assert.Equal(EventTree.Levels, core.Path.Select(Convert.ToHexString).Distinct().Count());
            Assert.All(core.Path, hash => Assert.Equal(TreeHash.Length, hash.Length));
        }
    }

    [Fact]
    public void More_documents_than_places_are_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Tree(new byte[EventTree.SaltBytes], EventTree.DocumentsMax + 1));

    [Fact]
    public void Time_is_committed_as_PostgreSQL_keeps_it()
    {
        var time = new DateTimeOffset(2026, 5, 4, 10, 11, 12, TimeSpan.Zero).AddTicks(1_234_567);
        Assert.Equal("2026-05-04T10:11:12.1234560Z", EventContent.Stored(time).UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
    }

    private static AuditEventRow Least { get; } = new()
    {
        EventId = Guid.Parse("019a0000-0000-7000-8000-000000000001"),
        EventTime = DateTimeOffset.UnixEpoch,
        Method = "m",
        ActorKind = 0,
        DocumentIds = [],
        Outcome = 2,
        StatusCode = 16,
        ServerRequestId = Guid.Empty,
        Salt = new byte[EventTree.SaltBytes],
    };

    private static AuditEventRow Full { get; } = new()
    {
        EventId = Guid.Parse("019a0000-0000-7000-8000-000000000002"),
        EventTime = new DateTimeOffset(2026, 5, 4, 10, 11, 12, TimeSpan.Zero).AddTicks(1_234_560),
        Method = "dmp.document.v1.DocumentService/ReadDocument",
        ActorKind = 1,
        ActorId = "810000000001",
        ActorName = "Dr ESSAI",
        ProfessionSystem = "1.2.250.1.71.1.2.7",
        ProfessionCode = "10",
        SpecialtyCode = "SM26",
        SectorCode = "SA07",
        StructureId = "175000001",
        StructureName = "Cabinet",
        SoftwareId = "soft",
        Subject = "issuer subject",
        RecordId = Guid.Parse("019a0000-0000-7000-8000-000000000003"),
        DocumentIds = [Guid.Parse("019a0000-0000-7000-8000-000000000004"), Guid.Parse("019a0000-0000-7000-8000-000000000005")],
        DocumentVersions = [1, 2],
        DocumentSha256s = [[.. Enumerable.Repeat((byte)1, 32)], [.. Enumerable.Repeat((byte)2, 32)]],
        StaffId = "staff",
        UserAgent = "agent/1.0",
        AccessMode = 1,
        Basis = 4,
        EmergencyAccessId = Guid.Parse("019a0000-0000-7000-8000-000000000006"),
        Justification = "why",
        Origin = "192.0.2.7",
        DurationUs = 1_234_567,
        Outcome = 1,
        StatusCode = 0,
        Reason = "REASON",
        ServerRequestId = Guid.Parse("019a0000-0000-7000-8000-000000000007"),
        RequestId = "019a0000-0000-7000-8000-000000000008",
        HiddenFromRepresentatives = true,
        Salt = [.. Enumerable.Range(0, EventTree.SaltBytes).Select(i => (byte)i)],
    };

    private static EventTree Tree(byte[] salt, int documents) =>
        new(salt, [1], [2], [3], [.. Enumerable.Range(0, documents).Select(i => BitConverter.GetBytes(i))]);

    private static bool Verifies(EventPart part, byte[] root) => TreeProof.VerifyInclusion(
        EventTree.Leaf(part.Salt, part.Content), part.Slot, EventTree.Slots,
        [.. part.Path.Select(hash => (ReadOnlyMemory<byte>)hash)], root);

    private static object Empty(System.Type type) =>
        type == typeof(string) ? ""
        : type.IsArray ? Array.CreateInstance(type.GetElementType()!, 0)
        : Activator.CreateInstance(Nullable.GetUnderlyingType(type)!)!;

    private static object Other(object? value, System.Type type) => value switch
    {
        Guid => Guid.Parse("019a0000-0000-7000-8000-0000000000ff"),
        DateTimeOffset time => time.AddTicks(TimeSpan.TicksPerMicrosecond),
        string text => text + "x",
        bool flag => !flag,
        short number => (short)(number + 1),
        long number => number + 1,
        byte[] bytes => bytes.Select(b => (byte)(b ^ 1)).ToArray(),
        Guid[] ids => ids.Append(Guid.Empty).ToArray(),
        int[] versions => versions.Select(version => version + 1).ToArray(),
        byte[][] digests => digests.Select(digest => digest[1..]).ToArray(),
        null => Empty(type),
        _ => throw new NotSupportedException(type.Name),
    };
}
