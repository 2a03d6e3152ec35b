using System.Collections.Frozen;
using Dmp.Annotations.V1;
using Dmp.Server.Calls;

namespace Dmp.Server.Access;

/// <summary>As what a professional or structure calls: a column of the functional matrix.</summary>
internal enum FunctionActor
{
    Professional,
    Physician,
    OccupationalPhysician,
    AttendingPhysician,
    CardStaff,
    StructureCertificate,
    ReinforcedProfessional,
    ReinforcedPhysician,
    ReinforcedAttendingPhysician,
    ReinforcedStaff,
}

/// <summary>What goes with a function that is not open without more.</summary>
internal enum FunctionCondition
{
    None,

    /// <summary><c>o</c>: only documents the caller authored.</summary>
    OwnDocuments,

    /// <summary><c>s</c>: only documents of the structure.</summary>
    StructureDocuments,

    /// <summary><c>m</c>: only if the patient lets masked documents be shown in emergencies.</summary>
    MaskedShown,

    /// <summary><c>t</c>: only to find the identifier of a document that is known.</summary>
    KnownDocument,

    /// <summary><c>i</c>: it counts as an act of the structure.</summary>
    ImputedToStructure,

    /// <summary><c>g</c>: the authorisation is the structure's.</summary>
    GivenToStructure,

    /// <summary><c>c</c>: only the records of professionals of the structure.</summary>
    SameStructure,

    /// <summary><c>d</c>: only by date, new authorisations.</summary>
    ByDate,
}

/// <summary>One cell of the functional matrix.</summary>
internal sealed record FunctionRight(bool IsAllowed, FunctionCondition Condition)
{
    public static readonly FunctionRight Denied = new(false, FunctionCondition.None);
}

/// <summary>
/// The first of the three filters, before the relation to the patient and the rules on documents: may an actor like this, who
/// authenticated like this, use this function in this mode? The table is the functional matrix of the DMP, cell by cell
/// (PDT-INF-526 v1.8 for direct and indirect authentication, PDT-INF-606 v1.3 for the reinforced one), and below it what is
/// ours. What is not in the table is not allowed.
/// </summary>
internal static class FunctionRights
{
    // N normal, R regulation, B break-glass; a small letter behind is the condition, see FunctionCondition. A dash: never. A dot:
    // the matrix knows no such cell, and nothing is allowed.
    private const string Table =
        """
                                  | direct                             | card  | cert. | reinforced (AIR)
        function                  | prof.   phys.   occup.  attending  | staff | struct| prof.   phys.   attending staff
        AUTHENTICATE              | NRB     NRB     NRB     NB         | N     | NR    | NRB     NRB     NB        N
        TEST_ACCESS               | NRB     NRB     NRB     NB         | N     | NR    | NRB     NRB     NB        N
        ADD_AUTHORIZATION         | N       N       -       N          | Ng    | -     | N       N       N         Ng
        REMOVE_AUTHORIZATION      | N       N       -       N          | -     | -     | N       N       N         -
        RESIGN_ATTENDING          | -       -       -       N          | -     | -     | .       .       .         .
        LIST_RECORDS              | NRB     NRB     NRB     NB         | Nc    | Nd    | NRB     NRB     NB        Nc
        FIND_RECORDS              | R       R       -       -          | -     | R     | R       R       -         -
        OPEN_WEB                  | NRB     NRB     NRB     NB         | N     | -     | NRB     NRB     NB        N
        READ_ADMINISTRATIVE_DATA  | NRB     NRB     NRB     NB         | N     | NR    | .       .       .         .
        LIST_AUTHORIZATIONS       | N       N       NRB     N          | -     | -     | N       N       N         -
        FEED                      | NRB     NRB     NRB     NB         | -     | NiRi  | -       -       -         -
        FEED_BY_STAFF             | -       -       -       -          | Ni    | -     | -       -       -         -
        SEARCH                    | NRB     NRB     NRB     NB         | -     | -     | NRB     NRB     NB        -
        FIND_REFERENCE            | NRB     NRB     NRB     NB         | Nt    | NtRt  | NRB     NRB     NB        Nt
        READ                      | NRB     NRB     -       NB         | -     | -     | NRB     NRB     NB        -
        READ_MASKED               | NoRmBm  NoRmBm  -       NBm        | -     | -     | NoRmBm  NoRmBm  NBm       -
        READ_HIDDEN               | NRB     NRB     -       NB         | -     | -     | NRB     NRB     NB        -
        READ_ARCHIVED             | NRB     NRB     -       NB         | -     | -     | NRB     NRB     NB        -
        READ_OBSOLETE             | NRB     NRB     -       NB         | -     | -     | NRB     NRB     NB        -
        READ_DELETED              | NRB     NRB     -       NB         | -     | -     | NRB     NRB     NB        -
        MASK                      | N       N       NRB     N          | -     | -     | N       N       N         -
        UNMASK                    | No      No      NoRoBo  N          | -     | -     | No      No      N         -
        REVEAL                    | N       N       NRB     N          | -     | -     | N       N       N         -
        ARCHIVE                   | No      NoRB    NoRoBo  NB         | -     | -     | No      NRB     NB        -
        DELETE                    | NoRoBo  NoRoBo  NoRoBo  NoBo       | Ns    | NsRs  | NoRoBo  NoRoBo  NoBo      Ns
        OPEN_RECORD               | N       N       -       N          | N     | N     | N       N       N         N
        CHANGE_RECORD             | N       N       -       N          | -     | -     | N       N       N         -
        BLOCK                     | -       -       -       N          | -     | -     | -       -       N         -
        READ_SETTINGS             | NRB     NRB     -       NB         | -     | -     | NRB     NRB     NB        -
        READ_TRACE                | N       N       -       N          | -     | -     | N       N       N         -
        OPEN_EMERGENCY            | NRB     NRB     -       NB         | -     | -     | NRB     NRB     NB        -
        """;

    private const string PhysicianCode = "10";
    private const string ProfessionSystem = "1.2.250.1.71.1.2.7";

    private static readonly FrozenDictionary<(Function, FunctionActor, AccessMode), FunctionRight> cells = Read().ToFrozenDictionary();

    /// <summary>The cell; a denial where there is none.</summary>
    public static FunctionRight Of(Function function, FunctionActor? actor, AccessMode mode) =>
        actor is { } column ? cells.GetValueOrDefault((function, column, mode), FunctionRight.Denied) : FunctionRight.Denied;

    /// <summary>The functions with their cells as written in the table, for documents.</summary>
    public static IEnumerable<(string Function, string[] Cells)> Rows => Table.Split('\n').Skip(2)
        .Select(line => line.Split([' ', '|', '\r'], StringSplitOptions.RemoveEmptyEntries))
        .Select(columns => (columns[0], columns[1..]));

    /// <summary>The column of a caller; null for one that the matrix does not know, to whom nothing is open.</summary>
    public static FunctionActor? ActorOf(Caller caller, bool isAttending) => (caller.Kind, caller.Authentication) switch
    {
        (CallerKind.Professional, AuthenticationMode.Direct) =>
            caller.IsOccupationalPhysician ? FunctionActor.OccupationalPhysician
            : isAttending ? FunctionActor.AttendingPhysician
            : IsPhysician(caller) ? FunctionActor.Physician
            : FunctionActor.Professional,
        (CallerKind.Professional, AuthenticationMode.IndirectReinforced) =>
            caller.IsOccupationalPhysician ? null
            : isAttending ? FunctionActor.ReinforcedAttendingPhysician
            : IsPhysician(caller) ? FunctionActor.ReinforcedPhysician
            : FunctionActor.ReinforcedProfessional,
        (CallerKind.Structure, AuthenticationMode.Direct) => FunctionActor.CardStaff,
        (CallerKind.Structure, AuthenticationMode.Indirect) => FunctionActor.StructureCertificate,
        (CallerKind.Structure, AuthenticationMode.IndirectReinforced) => FunctionActor.ReinforcedStaff,
        _ => null,
    };

    private static bool IsPhysician(Caller caller) => caller is { ProfessionCode: PhysicianCode, ProfessionSystem: ProfessionSystem };

    private static IEnumerable<KeyValuePair<(Function, FunctionActor, AccessMode), FunctionRight>> Read()
    {
        foreach (var (name, row) in Rows)
        {
            var function = System.Enum.Parse<Function>(name.Replace("_", "", StringComparison.Ordinal), ignoreCase: true);
            if (row.Length != System.Enum.GetValues<FunctionActor>().Length)
            {
                throw new InvalidOperationException($"The row {name} of the function rights has {row.Length} columns.");
            }

            foreach (var actor in System.Enum.GetValues<FunctionActor>())
            {
                foreach (var (mode, condition) in ReadCell(row[(int)actor]))
                {
                    yield return new((function, actor, mode), new FunctionRight(true, condition));
                }
            }
        }
    }

    private static IEnumerable<(AccessMode Mode, FunctionCondition Condition)> ReadCell(string cell)
    {
        if (cell is "-" or ".")
        {
            yield break;
        }

        for (var i = 0; i < cell.Length; i++)
        {
            var mode = cell[i] switch
            {
                'N' => AccessMode.Normal,
                'R' => AccessMode.Regulation,
                'B' => AccessMode.BreakGlass,
                _ => throw new InvalidOperationException($"The cell {cell} of the function rights has no mode {cell[i]}."),
            };
            var hasCondition = i + 1 < cell.Length && char.IsAsciiLetterLower(cell[i + 1]);
            yield return (mode, hasCondition ? ReadCondition(cell[++i]) : FunctionCondition.None);
        }
    }

    private static FunctionCondition ReadCondition(char letter) => letter switch
    {
        'o' => FunctionCondition.OwnDocuments,
        's' => FunctionCondition.StructureDocuments,
        'm' => FunctionCondition.MaskedShown,
        't' => FunctionCondition.KnownDocument,
        'i' => FunctionCondition.ImputedToStructure,
        'g' => FunctionCondition.GivenToStructure,
        'c' => FunctionCondition.SameStructure,
        'd' => FunctionCondition.ByDate,
        _ => throw new InvalidOperationException($"The function rights have no condition {letter}."),
    };
}
