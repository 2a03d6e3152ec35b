using System.Collections;
using System.Reflection;
using Dmp.Facts;
using Dmp.Server.Facts;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Xunit;
using Contract = Dmp.Facts.V1;
using Model = Dmp.Facts.Model;

namespace Dmp.Server.Tests.Facts;

/// <summary>Nothing is lost between what is read of a document and what the contract says, and nothing grows beyond an answer.</summary>
public sealed class FactMappingTests
{
    /// <summary>Translations of translations and qualifiers of qualifiers: two levels show that they are taken along.</summary>
    private const int Levels = 2;

    public static TheoryData<System.Type> Kinds =>
        [.. typeof(Model.Fact).Assembly.GetTypes().Where(type => type.BaseType == typeof(Model.Fact))];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Whatever_a_statement_has_fills_each_field_of_the_contract(System.Type kind)
    {
        var message = FactMapping.ToMessage((Model.Fact)Filled(kind, []));
        Assert.NotEqual(Contract.FactKind.Unspecified, FactMapping.KindOf(message));
        Assert.Empty(EmptyFields(message, kind.Name));
    }

    [Fact]
    public void A_value_is_a_code_a_quantity_a_time_a_truth_or_a_text()
    {
        var value = (Model.ObservedValue)Filled(typeof(Model.ObservedValue), []);
        var observation = (Model.Observation)Filled(typeof(Model.Observation), []);
        Model.ObservedValue[] values =
        [
            value,
            value with { Code = null },
            value with { Code = null, Quantity = null },
            value with { Code = null, Quantity = null, Time = null },
            value with { Code = null, Quantity = null, Time = null, Truth = null },
            value with { Code = null, Quantity = null, Time = null, Truth = null, Text = null },
        ];
        var told = FactMapping.ToMessage(observation with { Values = values }).Observation.Values;
        Assert.Equal(
            [
                Contract.ObservedValue.ValueOneofCase.Code,
                Contract.ObservedValue.ValueOneofCase.Quantity,
                Contract.ObservedValue.ValueOneofCase.Time,
                Contract.ObservedValue.ValueOneofCase.Truth,
                Contract.ObservedValue.ValueOneofCase.Text,
                Contract.ObservedValue.ValueOneofCase.None,
            ],
            told.Select(one => one.ValueCase));
    }

    [Fact]
    public void What_is_one_point_is_told_once()
    {
        var (moment, quantity) = (new Model.Moment(null, "2026", null), new Model.Quantity(1.5m, "mg", null, null));
        var message = FactMapping.ToMessage(new Model.Observation
        {
            Kind = Model.ObservationKind.Laboratory,
            Time = new(moment, moment, null),
            Values = [new(null, new(quantity, quantity), null, null, null, null)],
        }).Observation;
        Assert.True(message.Time is { Single: true, High: null, Low.Written: "2026" });
        Assert.True(message.Values.Single().Quantity is { Single: true, High: null, Low: { Value: "1.5", Unit: "mg" } });
    }

    [Theory]
    [InlineData(typeof(Model.FactAbsence), typeof(Contract.FactAbsence))]
    [InlineData(typeof(Model.MedicationRole), typeof(Contract.MedicationRole))]
    [InlineData(typeof(Model.ObservationKind), typeof(Contract.ObservationKind))]
    [InlineData(typeof(Model.UnreadReason), typeof(Contract.UnreadReason))]
    public void Numbers_mean_the_same_on_both_sides(System.Type model, System.Type contract) => Assert.Equal(
        Enum.GetValues(contract).Cast<object>().Where(value => (int)value != 0).Select(value => ((int)value, value.ToString())),
        Enum.GetValues(model).Cast<object>().Where(value => (int)value != 0).Select(value => ((int)value, value.ToString())));

    [Fact]
    public void A_block_has_room_for_an_answer_and_counts_what_it_leaves_out()
    {
        var facts = Enumerable.Range(0, 5_000).Select(i => new Model.Remark
        {
            Source = new("11450-4", $"Chapitre {i % 40}", i + 1, 1, null, null, []),
            Text = new string('é', 300),
        });
        var unread = Enumerable.Range(0, 1_000).Select(i =>
            new Model.Unread("48765-2", $"{new string('x', 199)}😀{i}", Model.UnreadReason.TextOnly, 3));
        FactReading reading = new([.. facts], [.. unread], "It was cut.");
        var message = FactBlock.ToMessage(reading);
        Assert.InRange(message.CalculateSize(), FactBlock.BytesMax / 2, FactBlock.BytesMax);
        Assert.Equal(5_000 + 3_000, message.Facts.Count + message.Unread.Sum(one => one.Count));
        Assert.Equal(3_000, message.Unread.Where(one => one.Reason == Contract.UnreadReason.TextOnly).Sum(one => one.Count));
        Assert.All(message.Unread.Where(one => one.SectionCode == "48765-2"), one => Assert.Equal(199, one.SectionTitle.Length));
        Assert.Equal("It was cut.", message.Failure);
        Assert.Equal(Enumerable.Range(1, message.Facts.Count), message.Facts.Select(fact => fact.Source.Entry));
    }

    /// <summary>A value of a type of the model with nothing in it empty, to so many levels of itself.</summary>
    private static object Filled(System.Type type, IReadOnlyList<System.Type> around)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Filled(underlying, around);
        }

        if (type == typeof(string))
        {
            return "words";
        }

        if (type == typeof(int))
        {
            return 7;
        }

        if (type == typeof(decimal))
        {
            return 1.5m;
        }

        if (type == typeof(bool))
        {
            return true;
        }

        if (type.IsEnum)
        {
            return Enum.GetValues(type).Cast<object>().Last();
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
        {
            var item = type.GetGenericArguments()[0];
            var items = Array.CreateInstance(item, around.Count(one => one == item) < Levels ? 1 : 0);
            for (var i = 0; i < items.Length; i++)
            {
                items.SetValue(Filled(item, around), i);
            }

            return items;
        }

        if (type == typeof(Cda.CdaTime))
        {
            return Cda.CdaTime.TryRead("20260504", out var time) ? time : throw new InvalidOperationException("No time.");
        }

        List<System.Type> inside = [.. around, type];
        var constructor = type.GetConstructors().MaxBy(one => one.GetParameters().Length)!;
        var made = constructor.Invoke([.. constructor.GetParameters().Select(parameter => Filled(parameter.ParameterType, inside))]);
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(one => one.CanWrite && constructor.GetParameters().All(parameter => parameter.Name != one.Name)))
        {
            property.SetValue(made, Filled(property.PropertyType, inside));
        }

        return made;
    }

    /// <summary>The fields of a message and of those in it that hold nothing. Of a oneof one field is enough.</summary>
    private static IEnumerable<string> EmptyFields(IMessage message, string path) => message.Descriptor.Fields.InDeclarationOrder()
        .Where(field => field.RealContainingOneof is null || field.Accessor.HasValue(message))
        .Where(field => field.Name != "single")
        .SelectMany(field => (field.Accessor.GetValue(message), field) switch
        {
            (IList { Count: 0 }, { Name: "translations" or "qualifiers" })
                when path.Contains(field.Name, StringComparison.Ordinal) || path.Contains("qualifiers", StringComparison.Ordinal)
                    || path.Contains("translations", StringComparison.Ordinal) => [],
            (IList { Count: 0 }, _) => [$"{path}.{field.Name}"],
            (IList items, { FieldType: FieldType.Message }) =>
                items.Cast<IMessage>().SelectMany(item => EmptyFields(item, $"{path}.{field.Name}")),
            (IList items, _) => items.Cast<object>().Where(item => item is "").Select(_ => $"{path}.{field.Name}"),
            (IMessage inner, _) => EmptyFields(inner, $"{path}.{field.Name}"),
            (var value, _) => value is null or "" or 0 or false || (value is Enum && (int)value == 0) ? [$"{path}.{field.Name}"] : [],
        });
}
