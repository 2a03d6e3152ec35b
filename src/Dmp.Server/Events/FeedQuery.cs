using Dmp.Event.V1;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Dmp.Type.V1;

namespace Dmp.Server.Events;

/// <summary>What a caller asks to be told of.</summary>
internal sealed record FeedQuery
{
    public const int RecordsMax = 100;
    public const int TypesMax = 50;

    private const int CodeCharactersMax = 64;

    /// <summary>Null: all records.</summary>
    public Guid[]? Records { get; init; }

    /// <summary><c>system|code</c>; null: all types.</summary>
    public string[]? Types { get; init; }

    public bool OnlyMyStructure { get; init; }

    /// <summary>Reads the filter of a request and reports what is wrong with it.</summary>
    public static FeedQuery Of(EventFilter? filter, Caller caller, FieldFaults faults)
    {
        if (filter is null)
        {
            return new FeedQuery();
        }

        faults.Require(filter.RecordIds.Count <= RecordsMax, "filter.record_ids", $"Must be at most {RecordsMax}.");
        faults.Require(filter.Types_.Count <= TypesMax, "filter.types", $"Must be at most {TypesMax}.");
        faults.Require(
            !filter.OnlyMyStructure || caller.Kind is CallerKind.Professional or CallerKind.Structure,
            "filter.only_my_structure",
            "Is for professionals and structures.");
        var records = filter.RecordIds.Select((id, i) => RecordOf(id, i, faults)).Distinct().Order().ToArray();
        for (var i = 0; i < filter.Types_.Count; i++)
        {
            CheckType(filter.Types_[i], $"filter.types[{i}]", faults);
        }

        var types = filter.Types_.Select(type => $"{type.System}|{type.Code}").Distinct().Order(StringComparer.Ordinal).ToArray();
        return new FeedQuery
        {
            Records = records.Length == 0 ? null : records,
            Types = types.Length == 0 ? null : types,
            OnlyMyStructure = filter.OnlyMyStructure,
        };
    }

    /// <summary>The same filter in one form only: order, repeats and texts for people make no other one.</summary>
    public EventFilter ToMessage() => new()
    {
        RecordIds = { (Records ?? []).Select(id => id.ToString()) },
        Types_ = { (Types ?? []).Select(FeedRules.ToCoding) },
        OnlyMyStructure = OnlyMyStructure,
    };

    private static Guid RecordOf(string id, int i, FieldFaults faults)
    {
        var field = $"filter.record_ids[{i}]";
        faults.Require(id.Length > 0, field, "Must not be empty.");
        return faults.Id(id, field);
    }

    private static void CheckType(Coding type, string field, FieldFaults faults)
    {
        faults.Text(type.System, $"{field}.system", CodeCharactersMax);
        faults.Text(type.Code, $"{field}.code", CodeCharactersMax);
        faults.Require(
            !type.System.Contains('|', StringComparison.Ordinal) && !type.Code.Contains('|', StringComparison.Ordinal),
            field,
            "Must not contain the character |.");
    }
}
