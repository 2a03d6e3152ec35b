using System.Globalization;
using Dmp.Server.Data;
using static Dmp.Server.Tests.Data.Measure;

namespace Dmp.Server.Tests.Data;

/// <summary>Calls and jobs as they come, each with the statement that carries it.</summary>
internal static class Measures
{
    private static readonly string[] twoUniqueIds = ["1", "2"];
    private static readonly int[] firstVersion = [1];
    private static readonly string[] oneList = ["1.2.3"];
    private static readonly string[] fiveHundredCodes =
        [.. Enumerable.Range(1, 500).Select(code => (code * 37).ToString(CultureInfo.InvariantCulture))];
    private static readonly long[] thousand = [1000];
    private static readonly short[] failed = [4];
    private static readonly Guid[] page = [.. Enumerable.Range(12_000, 200).Select(number => Country.IdOf(2, number))];
    private static readonly int[] firstVersions = [1, 1];

    private static readonly string[] reads = ["dmp.document.v1.DocumentService/ReadDocument"];
    private static readonly string[] nurse = ["nurse", "nurses"];
    private static readonly object laboratory = new { ProfessionalId = (string?)null, StructureId = "laboratory", IsStructure = true };
    private static readonly DateTimeOffset far = DateTimeOffset.UtcNow.AddDays(-1000);

    private static readonly string asIndexed = SqlCatalogTests.Catalog()["DocumentSql.AsIndexed"];
    private static readonly string asIdentified = SqlCatalogTests.Catalog()["DocumentSql.AsIdentified"];
    private static readonly string asListed = SqlCatalogTests.Catalog()["RecordListSql.AsIndexed"];

    public static IReadOnlyList<Measure> All { get; } =
    [
        .. Decisions(), .. Lists(), .. Documents(), .. Wishes(), .. Feed(), .. Trace(), .. Jobs(),
    ];

    private static IEnumerable<Measure> Decisions() =>
    [
        new("AccessSql.ByRecord", "nurse", OfRecord()),
        new("AccessSql.ByRecord", "record of 5,000 documents", OfRecord(2), new { RecordId = Country.IdOf(1, 2) }),
        new("AccessSql.ByRecords", "upload, 3 records", OfRecords(1, 3, 5)),
        new("AccessSql.MoveScopeToIns", "CheckAccess", OfPerson("dmp_directory")),
        new("AccessSql.ByScope", "CheckAccess", OfRecord()),
        new("AccessSql.Place", "nurse", OfRecord()),
        new("AccessSql.IsOutdated", "nurse", OfRecord(), new { FactsPosition = Positions.NearTheEnd }),
        new("UploadFactsSql.Identities", "upload, 3 records", OfRecords(1, 3, 5)),
        new("UploadFactsSql.Remembered", "upload, 2 requests", OfRecords(1, 3)),
        new("RequestLogSql.Find", "repeated call", OfRecord()),
        new("RecordSql.Find", "GetRecord", OfRecord()),
        new("RecordKeySql.FindLiving", "upload", OfRecord()),
        new("RecordKeySql.Find", "download", OfRecord()),
    ];

    private static IEnumerable<Measure> Lists() =>
    [
        new("RecordListSql.ListAuthorized", "nurse, 500 records", OfActor("dmp_directory", nurse)) { Before = asListed },
        new("RecordListSql.ListAuthorized", "dentist, 800 or 5,000", OfActor("dmp_directory", "dentist", "none"),
            new { ProfessionalId = "dentist", StructureId = "none" }) { Before = asListed },
        new("RecordListSql.ListAuthorized", "pharmacist, half of all", OfActor("dmp_directory", "pharmacist", "pharmacy"),
            new { ProfessionalId = "pharmacist", StructureId = "pharmacy" }) { Before = asListed },
        new("RecordListSql.ListAuthorized", "hospital, third of all", OfActor("dmp_directory", "hospital"),
            new { ProfessionalId = (string?)null, StructureId = "hospital", IsStructure = true }) { Before = asListed },
        new("RecordListSql.ListAuthorized", "structure of the nurse", OfActor("dmp_directory", "nurses"),
            new { ProfessionalId = (string?)null, IsStructure = true }) { Before = asListed },
        new("RecordListSql.ListOwned", "patient", OfPerson("dmp_directory"), new { IsPatient = true }),
        new("RecordListSql.ListOwned", "person with 3 delegations", OfPerson("dmp_directory"), new { InsNumbers = Array.Empty<string>() }),
        new("ConsentSql.List", "ListConsents", OfRecord()),
        new("ConsentSql.FindLiving", "GrantConsent", OfRecord(), new { Hidden = false }),
        new("BlockSql.List", "ListBlocks", OfRecord(30), new { RecordId = Country.IdOf(1, 30) }),
        new("DelegationSql.List", "ListDelegations", OfRecord()),
        new("VisibilityRuleSql.List", "ListVisibilityRules", OfRecord()),
        new("WishSql.ListOpen", "nurse", OfRecord()),
        new("AttendingSql.List", "emergency page", OfRecord()),
        new("WishSql.ListVersions", "ListWishVersions", OfRecord()),
        new("TrustedPersonSql.FindOpen", "nurse", OfRecord()),
        new("TrustedPersonSql.List", "ListTrustedPersons", OfRecord()),
        new("TrustedPersonSql.IsMinor", "AcceptTrustedPerson", OfPerson("dmp_directory")),
        new("TrustedPersonSql.Find", "EndTrustedPerson", OfRecord()),
        new("TrustedPersonSql.FindByCode", "AcceptTrustedPerson", OfPerson("dmp_directory")),
        new("EmergencySql.List", "ListEmergencyAccesses", OfRecord()),
        new("EmergencySql.ListQueue", "reviewer", OfTask("dmp_reviewer")),
        new("CareTeamSql.Share", "authorised", OfRecord(50), new { RecordId = Country.IdOf(1, 50) }),
        new("CareTeamSql.List", "ListCareTeams", OfRecord(50), new { RecordId = Country.IdOf(1, 50) }),
        new("CareTeamSql.Members", "ListCareTeams", OfRecord(50)),
        new("NoticeListSql.List", "100 notices", OfRecord()),
        new("NoticeListSql.ListDeliveries", "50 notices", OfRecord()),
        new("NoticePreferenceSql.Find", "preferences", OfRecord()),
        new("AudienceSql.List", "who can see", OfRecord(), new { AfterId = "" }),
        new("AudienceSql.Count", "nurse", OfRecord()),
    ];

    private static IEnumerable<Measure> Wishes() =>
    [
        new("WishSql.End", "RevokeWish", OfRecord(), new { Kind = (short)3, EndState = (short)3 }),
        new("WishSql.Insert", "SetEmergencyContacts", OfRecord(22), new { RecordId = Country.IdOf(1, 22), Kind = (short)1,
            WishId = Country.IdOf(21, 1_000_000), Content = new byte[] { 1 }, StatedBy = new byte[] { 1 }, StateTime = far }),
        new("TrustedPersonSql.EndInvited", "InviteTrustedPerson", OfRecord()),
        new("TrustedPersonSql.Insert", "InviteTrustedPerson", OfRecord(3), new { RecordId = Country.IdOf(1, 3),
            TrustedPersonId = Country.IdOf(22, 1_000_000), Content = new byte[] { 1 }, CodeSha256 = new byte[32], CodeExpireTime = far,
            CreateTime = far, StayEndTime = (DateTimeOffset?)null }),
        new("TrustedPersonSql.EndAccepted", "AcceptTrustedPerson", OfRecord()),
        new("TrustedPersonSql.Accept", "AcceptTrustedPerson", OfRecord(81), new { RecordId = Country.IdOf(1, 81),
            TrustedPersonId = Country.IdOf(22, 81) }),
        new("TrustedPersonSql.Refuse", "RefuseTrustedPerson", OfRecord(81), new { RecordId = Country.IdOf(1, 81),
            TrustedPersonId = Country.IdOf(22, 81) }),
        new("TrustedPersonSql.End", "EndTrustedPerson", OfRecord()),
    ];

    private static IEnumerable<Measure> Documents() =>
    [
        new("DocumentSql.Find", "nurse", OfRecord()),
        new("DocumentSql.FindForChange", "nurse", OfRecord()),
        new("DocumentSql.Search", "page of 40 documents", OfRecord()) { Before = asIndexed },
        new("DocumentSql.Search", "page of 5,000 documents", OfRecord(2), new { RecordId = Country.IdOf(1, 2) }) { Before = asIndexed },
        new("DocumentSql.StretchEnd", "page of 5,000 documents", OfRecord(2), new { RecordId = Country.IdOf(1, 2) }) { Before = asIndexed },
        new("DocumentSql.SearchIdentified", "nurse", OfRecord()) { Before = asIdentified },
        new("DocumentSql.NoEnd", "nurse", OfRecord()),
        new("DocumentSql.SearchIdentified", "of 5,000 documents", OfRecord(2), new { RecordId = Country.IdOf(1, 2),
            UniqueId = $"1.2.250.{Country.IdOf(2, 12000)}.1" }) { Before = asIdentified },
        new("FactSql.FindPage", "2 documents", OfRecord(), new { DocumentIds = new[] { Country.IdOf(2, 5000), Country.IdOf(2, 5001) },
            Versions = firstVersions, Kinds = 2, BytesMax = 1024 * 1024 }),
        new("FactSql.FindPage", "of 5,000 documents", OfRecord(2), new { RecordId = Country.IdOf(1, 2),
            DocumentIds = page, Versions = page.Select(_ => 1).ToArray(), Kinds = 2, BytesMax = 1024 * 1024 })
        {
            Before = "select set_config('plan_cache_mode', 'force_generic_plan', true)",
        },
        new("FactSql.FindWords", "of 5,000 documents", OfRecord(2), new { RecordId = Country.IdOf(1, 2),
            DocumentIds = page, Versions = page.Select(_ => 1).ToArray(), Kinds = 0, BytesMax = 1024 * 1024 })
        {
            Before = "select set_config('plan_cache_mode', 'force_generic_plan', true)",
        },
        new("FactQueueSql.Add", "upload", OfRecords(3), new { RecordId = new[] { Country.IdOf(1, 3) },
            DocumentId = new[] { Country.IdOf(2, 15001) }, Version = firstVersion, SizeBytes = thousand,
            CreateTime = new[] { far } }),
        new("UploadFactsSql.TakenUniqueIds", "upload", OfRecords(1, 3), new { UploadRecordIds = new[] { Country.IdOf(1, 1),
            Country.IdOf(1, 3) }, UniqueIds = twoUniqueIds }),
        new("UploadFactsSql.Unfinished", "upload", OfRecords(1, 3, 5)),
        new("DepositedSql.Find", "3 digests", OfActor("dmp_deposits", "laboratory"), new { ProfessionalId = (string?)null,
            StructureId = "laboratory", IsStructure = true, Sha256s = new byte[][] { [1], [2], [3] } }),
        new("SubmissionSetSql.Find", "nurse", OfRecord()),
        new("SubmissionSetSql.List", "nurse", OfRecord()),
        new("SubmissionSetSql.Members", "nurse", OfRecord()),
        new("VisibilityRuleSql.DocumentExists", "rule", OfRecord()),
    ];

    private static IEnumerable<Measure> Feed() =>
    [
        new("ChangeSql.SequenceWaiting", "none waits", OfTask("dmp_sequencer")),
        new("FeedWatchSql.Concerned", "few changes", OfTask("dmp_watch"), new { After = Positions.NearTheEnd }),
        new("FeedSql.Head", "start", OfActor("dmp_feed", nurse)),
        new("FeedSql.ScanForCarer", "nurse, nearly up to date", OfActor("dmp_feed", nurse), new { After = Positions.NearTheEnd }),
        new("FeedSql.CatchUpForCarer", "nurse, 500 records", OfActor("dmp_feed", nurse)),
        new("FeedSql.CatchUpForCarer", "laboratory, 500 records", OfActor("dmp_feed", "laboratory"), laboratory),
        new("FeedSql.CatchUpForCarer", "pharmacist, gives up", OfActor("dmp_feed", "pharmacist", "pharmacy"),
            new { ProfessionalId = "pharmacist", StructureId = "pharmacy", OwnMax = 400 }),
        new("FeedSql.CatchUpForPerson", "patient", OfPerson("dmp_feed")),
        new("FeedRecordSql.OfCarer", "4 changes", OfTask("dmp_feed", 1), new { Positions = Positions.OfRecord }),
        new("FeedRecordSql.OfPerson", "4 changes", OfTask("dmp_feed", 1), new { Positions = Positions.OfRecord }),
        new("FeedDocumentSql.OfChanges", "4 changes", OfTask("dmp_feed", 1), new { Positions = Positions.OfRecord }),
        new("FeedDocumentSql.OfRule", "nurse", OfTask("dmp_feed", 1), new { Position = Positions.OfRule }),
        new("FeedDocumentSql.OfStaffSight", "practice", OfTask("dmp_feed", 1), new { ProfessionalId = (string?)null,
            StructureId = "practice-1", IsStructure = true, IsAuthorized = false, SecretActsHiddenFromStaff = true,
                Position = Positions.OfRule }),
        new("FeedPositionSql.Find", "caller", OfActor("dmp_feed", nurse), new { CallerKey = "caller-1", Name = "main" }),
        new("ChangeSql.Head", "stamp", OfRecord()),
    ];

    private static IEnumerable<Measure> Trace() =>
    [
        new(
            "AuditSql.ListOfActor", "auditor, 4 events", OfActor("dmp_reviewer", "physician-1"),
            new { ActorId = "physician-1", FirstId = Guid.Empty, LastId = Guid.AllBitsSet, Limit = 4 })
        {
            Before = PlannerSql.InIndexOrder,
        },
        new(
            "VisitSql.FindLast", "professional, a year", OfRecord(),
            new { ActorId = "physician-1", Subject = (string?)null, Methods = reads, FirstId = Guid.Empty, LastId = Guid.AllBitsSet,
                Latest = DateTimeOffset.UtcNow })
        {
            Before = PlannerSql.InIndexOrder,
        },
        new("AuditSql.ListOfCall", "support", new() { ["role"] = "dmp_reviewer", ["call"] = Country.IdOf(17, 1).ToString() },
            new { ServerRequestId = Country.IdOf(17, 1), FirstId = Guid.Empty, OfRecords = false,
                RecordId = (Guid?)null }) { Before = PlannerSql.InIndexOrder },
    ];

    private static IEnumerable<Measure> Jobs() =>
    [
        new("FactQueueSql.ClaimSmall", "1 due", OfTask("dmp_facts"), new { LeaseEnd = DateTimeOffset.UtcNow }),
        new("FactQueueSql.ClaimAlone", "1 due", OfTask("dmp_facts"), new { LeaseEnd = DateTimeOffset.UtcNow }),
        new("FactQueueSql.FindPlaces", "2 documents", OfReadings(1, 4), new {
            RecordId = new[] { Country.IdOf(1, 1), Country.IdOf(1, 4) },
            DocumentId = new[] { Country.IdOf(2, 5000), Country.IdOf(2, 20000) }, Version = firstVersions }),
        new("FactQueueSql.Postpone", "document", OfTask("dmp_facts"), new { RecordId = new[] { Country.IdOf(1, 4) },
            DocumentId = new[] { Country.IdOf(2, 20000) }, Version = firstVersion, LeaseEndTime = new[] { far }, DueTime = new[] { far },
            Uncounted = 1 }),
        new("FactQueueSql.GiveUp", "document", OfTask("dmp_facts"), new { RecordId = Country.IdOf(1, 4),
            DocumentId = Country.IdOf(2, 20000), Version = 1, LeaseEndTime = far }),
        new("FactQueueSql.Finish", "document", OfTask("dmp_facts"), new { RecordId = new[] { Country.IdOf(1, 4) },
            DocumentId = new[] { Country.IdOf(2, 20000) }, Version = firstVersion, LeaseEndTime = new[] { far },
            State = failed, Kinds = firstVersion, Block = new byte[]?[1], FactsId = new Guid?[1], Words = new byte[]?[1],
            WordsId = new Guid?[1], WordsCut = new bool[1], RecordKeyId = new Guid?[1], Reader = 1 }),
        new("ReferenceSql.InForce", "2 editions", OfTask("dmp_runtime")),
        new("ReferenceSql.Files", "no edition", OfTask("dmp_runtime"), new { EditionId = Country.IdOf(2, 1) }),
        new("HealthSql.LittleMemory", "health", OfTask("dmp_runtime")),
        new("CodeSql.Find", "of 501 lists", OfTask("dmp_runtime"), new { ListOids = oneList }),
        new("CodeSql.List", "page of 501 lists", OfTask("dmp_runtime"), new { After = "1.2.4.2", RowsMax = 201 }),
        new("CodeSql.Lookup", "500 codes", OfTask("dmp_runtime"), new { EditionIds = Enumerable.Repeat(Country.IdOf(20, 1), 500).ToArray(),
            ListOids = Enumerable.Repeat("1.2.3", 500).ToArray(), Codes = fiveHundredCodes, Cim10Keys = fiveHundredCodes,
            Systems = Enumerable.Repeat("", 500).ToArray() }),
        new("CodeSql.Page", "page of 200", OfTask("dmp_runtime"),
            new { EditionId = Country.IdOf(20, 1), ListOid = "1.2.3", After = 1000, RowsMax = 201 }),
        new("EndingSql.TellMajorities", "5 due", OfTask("dmp_sweep")),
        new("EndingSql.TellExpiredConsents", "none due", OfTask("dmp_sweep")),
        new("EndingSql.TellStartedDelegations", "none due", OfTask("dmp_sweep"), new { Now = far }),
        new("EndingSql.TellEndedDelegations", "none due", OfTask("dmp_sweep")),
        new("EndingSql.TellEndedGuardianships", "none due", OfTask("dmp_sweep")),
        new("AnnouncementSql.Announce", "20 due", OfTask("dmp_sweep")),
        new("AnnouncementSql.Reveal", "none due", OfTask("dmp_sweep")),
        new("NoticeSql.ReadChanges", "51 changes", OfTask("dmp_notices")),
        new("NoticeSql.FindFacts", "without a document", OfTask("dmp_notices", 2), new { RecordId = Country.IdOf(1, 2),
            DocumentId = (Guid?)null, Position = 0L }),
        new("NoticeSql.FindFacts", "with a document", OfTask("dmp_notices", 2), new { RecordId = Country.IdOf(1, 2),
            DocumentId = Country.IdOf(2, 12000), Position = 0L }),
        new("NoticeSql.ListAttending", "record", OfTask("dmp_notices", 1)),
        new("NoticeSql.Forget", "none old", OfTask("dmp_sweep"), new { Before = far }),
        new("RequestLogSql.Forget", "none old", OfTask("dmp_sweep"), new { Before = far }),
        new("ChangeSql.Forget", "none old", OfTask("dmp_sweep"), new { Before = far }),
        new("FeedPositionSql.Forget", "none old", OfTask("dmp_sweep"), new { Before = far, Position = 0L }),
    ];

    private static Dictionary<string, string> OfReadings(params long[] records) => new(OfRecords(records)) { ["role"] = "dmp_facts" };

    private static Dictionary<string, string> OfRecords(params long[] records) =>
        new()
        {
            ["role"] = "dmp_intake",
            ["records"] = string.Join(' ', records.Select(record => Country.IdOf(1, record))),
            ["caller"] = "caller"
        };
}
