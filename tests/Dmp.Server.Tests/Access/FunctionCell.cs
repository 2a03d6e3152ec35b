using Dmp.Annotations.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;

namespace Dmp.Server.Tests.Access;

/// <summary>One cell of the functional matrix, in the words of the published sheets.</summary>
internal sealed record FunctionCell(
    string Transaction, string Action, string Authentication, string Actor, string Mode, string Decision, string Condition)
{
    private const string Own = "only documents the caller authored";

    private static readonly (string Transaction, string Action, Function Function)[] functions =
    [
        ("TD0.1", "authenticate", Function.Authenticate),
        ("TD0.2", "existence+authorisation test", Function.TestAccess),
        ("TD0.3", "add own authorisation", Function.AddAuthorization),
        ("TD0.3", "remove own authorisation", Function.RemoveAuthorization),
        ("TD0.3", "remove own MT status", Function.ResignAttending),
        ("TD0.4", "list authorised records", Function.ListRecords),
        ("TD0.5", "search without INS", Function.FindRecords),
        ("TD0.9", "contextual web access", Function.OpenWeb),
        ("TD0.10", "contextual web access", Function.OpenWeb),
        ("TD1.3a", "read admin data", Function.ReadAdministrativeData),
        ("TD1.6", "list authorised/blocked PS", Function.ListAuthorizations),
        ("TD2.1", "feed", Function.Feed),
        ("TD2.2", "feed by CPE secretary", Function.FeedByStaff),
        ("TD3.1", "search metadata", Function.Search),
        ("TD3.1", "find document reference", Function.FindReference),
        ("TD3.2", "read not masked", Function.Read),
        ("TD3.2", "read masked to PS", Function.ReadMasked),
        ("TD3.2", "read invisible to patient/legal rep", Function.ReadHidden),
        ("TD3.2", "read archived", Function.ReadArchived),
        ("TD3.2", "read obsolete versions", Function.ReadObsolete),
        ("TD3.2", "read deleted", Function.ReadDeleted),
        ("TD3.3a", "mask", Function.Mask),
        ("TD3.3a", "unmask", Function.Unmask),
        ("TD3.3b", "make visible to patient", Function.Reveal),
        ("TD3.3d", "archive/unarchive (*)", Function.Archive),
        ("TD3.3c", "delete (*)", Function.Delete),
    ];

    private static readonly (string Authentication, string Actor, FunctionActor Column)[] columns =
    [
        ("direct", "ps_non_doctor", FunctionActor.Professional),
        ("direct", "doctor_not_mt", FunctionActor.Physician),
        ("direct", "occupational_doctor", FunctionActor.OccupationalPhysician),
        ("direct", "mt_doctor", FunctionActor.AttendingPhysician),
        ("direct_cpe", "secretary_cpe", FunctionActor.CardStaff),
        ("indirect", "structure_any", FunctionActor.StructureCertificate),
        ("air", "ps_non_doctor", FunctionActor.ReinforcedProfessional),
        ("air", "doctor_not_mt", FunctionActor.ReinforcedPhysician),
        ("air", "mt_doctor", FunctionActor.ReinforcedAttendingPhysician),
        ("air", "employee_non_ps", FunctionActor.ReinforcedStaff),
    ];

    private static readonly Dictionary<FunctionCondition, string> conditions = new()
    {
        [FunctionCondition.None] = "",
        [FunctionCondition.OwnDocuments] = Own,
        [FunctionCondition.StructureDocuments] = "only documents authored by the structure (or one of its CPE cards)",
        [FunctionCondition.MaskedShown] = "only if the patient allowed masked documents to be shown in break-glass / regulation mode",
        [FunctionCondition.KnownDocument] = "only to find the technical id (e.g. before a deletion)",
        [FunctionCondition.ImputedToStructure] = "accountability is the structure",
        [FunctionCondition.GivenToStructure] = "the authorisation is given to the structure, not to the person",
        [FunctionCondition.SameStructure] = "only PS of the same structure",
        [FunctionCondition.ByDate] = "only by date: new authorisations",
    };

    public Function Function => functions.Single(one => one.Transaction == Transaction && one.Action == Action).Function;

    public FunctionActor Column => columns.Single(one => one.Authentication == Authentication && one.Actor == Actor).Column;

    /// <summary>The sheet does not tell the modes of an occupational physician apart.</summary>
    public AccessMode AccessMode => Mode switch
    {
        "regulation" => AccessMode.Regulation,
        "break_glass" => AccessMode.BreakGlass,
        _ => AccessMode.Normal,
    };

    /// <summary>What the product's table says of the same cell.</summary>
    public (string Decision, string Condition) OfProduct => FunctionRights.Of(Function, Column, AccessMode) switch
    {
        { IsAllowed: false } => ("deny", ""),
        { Condition: FunctionCondition.None } => ("allow", ""),
        var right => ("conditional", conditions[right.Condition]),
    };

    /// <summary>The published table, as it was restated: tab separated, one header line.</summary>
    public static IEnumerable<FunctionCell> Read(string file) =>
        File.ReadLines(file).Skip(1).Where(line => line.Length > 0).Select(line =>
        {
            var cell = line.Split('\t');
            return new FunctionCell(cell[0], cell[1], cell[2], cell[3], cell[4], cell[5], cell[6]);
        });

    /// <summary>The product's own table in the same form, for where the published one is not at hand.</summary>
    public static IEnumerable<FunctionCell> OfTheProduct() =>
        from function in functions
        from column in columns
        from mode in column.Column switch
        {
            FunctionActor.OccupationalPhysician => (string[])["any"],
            FunctionActor.AttendingPhysician or FunctionActor.ReinforcedAttendingPhysician => ["normal", "break_glass"],
            FunctionActor.CardStaff or FunctionActor.ReinforcedStaff => ["normal"],
            FunctionActor.StructureCertificate => ["normal", "regulation"],
            _ => ["normal", "regulation", "break_glass"],
        }
        where (function.Transaction, column.Authentication) is not (("TD0.9", "air") or ("TD0.10", "direct" or "direct_cpe" or "indirect"))
        let cell = new FunctionCell(function.Transaction, function.Action, column.Authentication, column.Actor, mode, "", "")
        select cell with { Decision = cell.OfProduct.Decision, Condition = cell.OfProduct.Condition };
}
